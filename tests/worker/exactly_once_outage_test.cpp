// `delivery: exactly-once` while Kafka crashes and comes back.
#include <doctest/doctest.h>

#include "file_source.h"
#include "numbers.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

TEST_CASE("exactly once: Kafka crashes in the middle of a transaction") {
  Numbers numbers(4);
  WorkerProcess worker(numbers.settings(), "worker-0");
  REQUIRE(ready(worker, Duration{60'000}));
  numbers.produce(300'000);
  REQUIRE(eventually([&] { return numbers.position() > 0; }));
  KafkaServer::instance().stop(true);
  KafkaServer::instance().start();
  REQUIRE(eventually([&] { return numbers.done(); }, Duration{120'000}));
  CHECK(numbers.anomalies() == "");
}

TEST_CASE("exactly once: Kafka crashes while files are read") {
  constexpr int total = 40'000;
  const FileSource source;
  source.put_numbers("a", 0, total / 2);
  source.put_numbers("b", total / 2, total);
  Json settings = source.settings("in/*");
  settings["rateLimit"] = 10'000;
  WorkerProcess worker(settings, "worker-0");
  REQUIRE(eventually([&] { return source.in() > 0; }));
  KafkaServer::instance().stop(true);
  const bool said = eventually([&] { return worker.get("/readyz").first == 503; }, Duration{60'000});
  KafkaServer::instance().start();
  INFO(worker.log());
  REQUIRE(said);
  REQUIRE(eventually([&] { return source.in() == total; }, Duration{180'000}));
  CHECK(source.records() == FileSource::expected(total));
  REQUIRE(ready(worker));
}
