#include <doctest/doctest.h>

#include <chrono>
#include <thread>
#include <utility>

#include "kafka/client.h"
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
  void write() {
    const kafka::OutRecord record{"key", "value"};
    auto delivery = kafka::Delivery::create();
    REQUIRE(producer->produce("orders", 0, {&record, 1}, delivery, true).value() == 1);
    delivery->seal();
    REQUIRE(producer->flush(Duration{10'000}));
  }
  Result<void> write_and_commit() {
    write();
    const kafka::Commit commit{0, 1, "{}"};
    return producer->commit_transaction("readers", "input", {&commit, 1});
  }

  std::unique_ptr<kafka::Producer> producer;
};

struct Reader {
  Reader(const MockCluster& kafka, const char* instance) {
    kafka::ConsumerOptions options;
    options.client = kafka.config();
    options.group = "readers";
    options.instance = instance;
    options.topic = "input";
    // The mock answers no question about topics, so this member of the group reads none of its partitions.
    std::stop_source stop;
    stop.request_stop();
    options.stop = stop.get_token();
    auto made = kafka::Consumer::create(options, listener);
    REQUIRE(made);
    consumer = *std::move(made);
  }
  // Past the rebalance that this begins.
  void join() const {
    while (generation() <= 0) REQUIRE(consumer->poll(1, Duration{20}, Duration{0}));
    for (int i = 0; i < 10; ++i) REQUIRE(consumer->poll(1, Duration{50}, Duration{0}));
  }
  // Past another one, which may follow on a busy machine: until there was none for longer than the mock takes for it.
  void rest() const {
    int last = generation();
    for (auto since = std::chrono::steady_clock::now();
         std::chrono::steady_clock::now() - since < std::chrono::seconds(6);) {
      REQUIRE(consumer->poll(1, Duration{50}, Duration{0}));
      if (const int now = generation(); std::exchange(last, now) != now) since = std::chrono::steady_clock::now();
    }
  }
  int generation() const { return kafka_test::generation(*consumer); }

  kafka_test::Deaf listener;
  std::unique_ptr<kafka::Consumer> consumer;
};

struct Kafka : MockCluster {
  Kafka() {
    topic("orders", 1);
    topic("input", 1);
    leader("orders", 0, 1);
    coordinator("transaction", "writer", 1);
    coordinator("group", "readers", kGone);
    rd_kafka_mock_group_initial_rebalance_delay_ms(cluster.get(), 0);
  }
};

// A transaction whose offsets the group refuses the first time, and the member of the group that they are from.
struct LeftBehind {
  LeftBehind() {
    constexpr std::int16_t kTxnOffsetCommit = 28;
    kafka.coordinator("group", "readers", 1);
    reader.join();
    writer.write();
    rd_kafka_mock_push_request_errors(kafka.cluster.get(), kTxnOffsetCommit, 1, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION);
  }
  Result<void> commit() {
    const kafka::Commit commit{0, 1, "{}"};
    return writer.producer->commit_transaction(*reader.consumer, {&commit, 1});
  }

  Kafka kafka;
  Reader reader{kafka, "reader-0"};
  Writer writer{kafka};
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

TEST_CASE("offsets that a rebalance left behind are written with the new generation of the group") {
  LeftBehind work;
  const int before = work.reader.generation();
  const Reader other(work.kafka, "reader-1");            // makes the group rebalance,
  std::this_thread::sleep_for(std::chrono::seconds(3));  // for which the mock takes five seconds
  const auto committed = work.commit();
  INFO((committed ? "" : committed.error().message));
  CHECK(committed);
  CHECK(work.reader.generation() > before);
}

TEST_CASE("offsets of a group that does not rebalance any more are given up") {
  LeftBehind work;
  work.reader.rest();
  const auto committed = work.commit();
  REQUIRE_FALSE(committed);
  CHECK(committed.error().reason == kafka::kStaleGeneration);
  work.writer.producer->abort_transaction();
  CHECK(work.writer.write_and_commit());
}
