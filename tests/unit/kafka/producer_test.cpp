#include "kafka/producer.h"

#include <doctest/doctest.h>

#include <chrono>
#include <ctime>
#include <thread>

#include "tests/unit/kafka/mock_cluster.h"

using namespace tidegate;
using kafka_test::MockCluster;

TEST_CASE("a producer does not keep a core busy while its broker takes long to answer") {
  MockCluster kafka;
  kafka.topic("orders", 1);
  kafka.leader("orders", 0, 1);
  kafka::ProducerOptions options;
  options.client = kafka.config();
  const auto producer = kafka::Producer::create(options);
  REQUIRE(producer);
  const auto delivery = kafka::Delivery::create();
  const auto write = [&](int records) {
    const kafka::OutRecord record{"key", "value"};
    for (int i = 0; i < records; ++i) {
      REQUIRE((*producer)->produce("orders", 0, {&record, 1}, delivery, true).value() == 1);
    }
  };
  write(10);
  REQUIRE((*producer)->flush(Duration{10'000}));

  REQUIRE(rd_kafka_mock_broker_set_rtt(kafka.cluster.get(), 1, 2000) == RD_KAFKA_RESP_ERR_NO_ERROR);
  write(10);  // under way for two seconds
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  write(10);  // must wait for them
  delivery->seal();
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  CHECK(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC < 0.3);  // of this process's threads
  CHECK((*producer)->flush(Duration{20'000}));
  CHECK(delivery->failed() == 0);
}
