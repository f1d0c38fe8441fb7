// The HTTP sink as a stage: what arrives, what is committed, and how it waits.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <sstream>

#include "common/http/server.h"
#include "stages.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

TEST_CASE("the http sink posts every record and keeps what is refused as dead letters") {
  const EvenNumbers stage(2);  // its input and group, with another worker
  std::mutex mutex;
  std::multiset<std::string> lines;
  std::atomic<bool> away = true;
  auto server = http::Server::listen({}, [&](http::Request request, http::Respond respond) {
    if (away) return respond({503, "text/plain", "busy", {}});
    if (request.body.find(EvenNumbers::record(13)) != std::string::npos) {
      return respond({422, "text/plain", "unlucky", {}});
    }
    const std::lock_guard lock(mutex);
    std::istringstream body(request.body);
    for (std::string line; std::getline(body, line);) lines.insert(line);
    respond({204, "text/plain", "", {}});
  });
  REQUIRE(server.ok());
  Json settings = stage.settings();
  settings["kind"] = "sink";
  settings["stage"] = "hook";
  settings["sink"] =
      Json::object({{"http", Json::object({{"url", cat("http://127.0.0.1:", std::to_string((*server)->port()), "/in")},
                                           {"maxRecords", 10}})}});
  stage.produce(0, 100);
  WorkerProcess worker(settings, "worker-0");
  REQUIRE(eventually([&] { return stage.totals().problem == "HTTP: the target answered with status 503"; }));
  CHECK(stage.position() == 0);
  away = false;
  REQUIRE(eventually([&] { return stage.position() == 100; }));
  CHECK(worker.terminate() == 0);
  std::multiset<std::string> expected;
  for (int n = 0; n < 100; ++n) {
    if (n != 13) expected.insert(EvenNumbers::record(n));
  }
  CHECK(lines == expected);  // once each: nothing failed after the target had taken it
  CHECK(stage.totals().in == 100);
  CHECK(stage.totals().out == 99);
  CHECK(stage.totals().dead_letters == 1);
}
