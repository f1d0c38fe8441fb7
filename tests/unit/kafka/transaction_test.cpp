#include <doctest/doctest.h>

#include <chrono>

#include "kafka/consumer.h"
#include "kafka/producer.h"
#include "tests/unit/kafka/mock_cluster.h"

using namespace tidegate;
using kafka_test::MockCluster;

namespace {

constexpr int kGone = 3;  // leads nothing that is written here

struct Writer {
  explicit Writer(const MockCluster& kafka) {
    kafka::ProducerOptions options;
    options.client = kafka.config();
    options.transactional_id = "writer";
    auto made = kafka::Producer::create(options);
    REQUIRE(made);
    producer = *std::move(made);
    REQUIRE(producer->init_transactions(Duration{10'000}));
  }
  Result<void> write_and_commit() {
    const kafka::OutRecord record{"key", "value"};
    auto delivery = kafka::Delivery::create();
    REQUIRE(producer->produce("orders", 0, {&record, 1}, delivery, true).value() == 1);
    delivery->seal();
    REQUIRE(producer->flush(Duration{10'000}));
    const kafka::Commit commit{0, 1, "{}"};
    return producer->commit_transaction("readers", "input", {&commit, 1});
  }

  std::unique_ptr<kafka::Producer> producer;
};

struct Kafka : MockCluster {
  Kafka() {
    topic("orders", 1);
    topic("input", 1);
    leader("orders", 0, 1);
    coordinator("transaction", "writer", 1);
    coordinator("group", "readers", kGone);
  }
};

}  // namespace

TEST_CASE("a transaction is committed when its group's coordinator has left the cluster") {
  Kafka kafka;
  Writer writer(kafka);
  REQUIRE(writer.write_and_commit());
  REQUIRE(rd_kafka_mock_broker_remove_from_metadata(kafka.cluster.get(), kGone) == RD_KAFKA_RESP_ERR_NO_ERROR);
  REQUIRE(rd_kafka_mock_broker_set_down(kafka.cluster.get(), kGone) == RD_KAFKA_RESP_ERR_NO_ERROR);
  kafka.coordinator("group", "readers", 2);
  const auto committed = writer.write_and_commit();
  INFO((committed ? "" : committed.error().message));
  CHECK(committed);
}

TEST_CASE("a commit gives up within the time of a transaction when its group's coordinator stays away") {
  Kafka kafka;
  Writer writer(kafka);
  REQUIRE(writer.write_and_commit());
  REQUIRE(rd_kafka_mock_broker_set_down(kafka.cluster.get(), kGone) == RD_KAFKA_RESP_ERR_NO_ERROR);
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(writer.write_and_commit());
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
}

TEST_CASE("a commit gives up within the time of a transaction when that one's coordinator does not answer") {
  constexpr std::int16_t kEndTxn = 26;
  constexpr int kTooLong = 60'000;
  Kafka kafka;
  Writer writer(kafka);
  REQUIRE(writer.write_and_commit());
  for (int i = 0; i < 10; ++i) {
    rd_kafka_mock_broker_push_request_error_rtts(kafka.cluster.get(), 1, kEndTxn, 1, RD_KAFKA_RESP_ERR_NO_ERROR,
                                                 kTooLong);
  }
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(writer.write_and_commit());
  writer.producer->abort_transaction();  // not possible any more: at once
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
  CHECK_FALSE(writer.producer->in_transaction());
}
