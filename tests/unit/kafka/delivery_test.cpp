#include "kafka/delivery.h"

#include <doctest/doctest.h>

#include "kafka/producer.h"

using namespace tidegate;
using kafka::Delivery;

namespace {

// No broker listens there.
kafka::ProducerOptions nowhere() {
  kafka::ProducerOptions options;
  options.client.bootstrap_servers = "127.0.0.1:1";
  return options;
}

}  // namespace

TEST_CASE("a delivery without records is done once sealed") {
  int calls = 0;
  const auto delivery = Delivery::create([&](const Delivery&) { ++calls; });
  CHECK_FALSE(delivery->done());
  delivery->seal();
  CHECK(delivery->done());
  CHECK(calls == 1);
}

TEST_CASE("records refused before they leave do not keep a delivery open") {
  kafka::ProducerOptions options = nowhere();
  options.max_record_bytes = 10'000;
  auto producer = kafka::Producer::create(options);
  REQUIRE(producer.ok());
  const auto delivery = Delivery::create();
  const std::string large(20'000, 'x');
  const kafka::OutRecord record{std::nullopt, large};
  const auto produced = (*producer)->produce("topic", 0, {&record, 1}, delivery, true);
  REQUIRE_FALSE(produced.ok());
  CHECK(produced.error().reason == "RecordTooLarge");
  delivery->seal();
  CHECK(delivery->done());
  CHECK(delivery->acknowledged() == 0);
}

TEST_CASE("a full queue takes the leading records only") {
  kafka::ProducerOptions options = nowhere();
  options.queue_kbytes = 1;
  auto producer = kafka::Producer::create(options);
  REQUIRE(producer.ok());
  const auto delivery = Delivery::create();
  const std::string value(300, 'x');
  const std::vector<kafka::OutRecord> records(10, kafka::OutRecord{std::nullopt, value});
  const auto produced = (*producer)->produce("topic", 0, records, delivery, true);
  REQUIRE(produced.ok());
  CHECK(*produced > 0);
  CHECK(*produced < 10);
  CHECK((*producer)->queued() >= *produced);
  delivery->seal();
  CHECK_FALSE(delivery->done());
  producer->reset();  // dropped records are reported
  CHECK(delivery->done());
  CHECK(delivery->failed() == static_cast<std::int64_t>(*produced));
  CHECK(delivery->error().has_value());
}
