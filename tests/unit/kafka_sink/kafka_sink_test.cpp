// The Kafka sink in front of librdkafka's own mock broker, in this process; a real Kafka is for tests/worker.
#include "worker/sinks/kafka_sink.h"

#include <doctest/doctest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <vector>

using namespace tidegate;
using namespace tidegate::sinks;

namespace {

class MockKafka {
 public:
  MockKafka() {
    char words[256];
    handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), words, sizeof words);
    cluster_ = rd_kafka_mock_cluster_new(handle_, 1);
    rd_kafka_mock_topic_create(cluster_, "copies", 1, 1);
  }
  ~MockKafka() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(handle_);
  }
  MockKafka(const MockKafka&) = delete;
  MockKafka& operator=(const MockKafka&) = delete;

  stage::OtherKafka topic(const std::string& name = "copies") const {
    stage::OtherKafka target;
    target.client.bootstrap_servers = rd_kafka_mock_cluster_bootstraps(cluster_);
    target.topic = name;
    return target;
  }
  // What the next produce requests are answered with.
  void answer(const std::vector<rd_kafka_resp_err_t>& codes) {
    constexpr std::int16_t produce = 0;
    rd_kafka_mock_push_request_errors_array(cluster_, produce, codes.size(), codes.data());
  }

 private:
  rd_kafka_t* handle_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

std::vector<kafka::Record> records(int count) {
  std::vector<kafka::Record> out;
  for (int n = 0; n < count; ++n) {
    kafka::Record record;
    record.key = "k";
    record.value = "v";
    record.offset = n;
    record.timestamp_ms = 1000;
    out.push_back(record);
  }
  return out;
}

constexpr auto ok = RD_KAFKA_RESP_ERR_NO_ERROR;
constexpr auto too_large = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;

}  // namespace

TEST_CASE("kafka_sink: every record is acknowledged") {
  MockKafka kafka;
  const auto sink = make_kafka_sink(kafka.topic());
  REQUIRE(sink->open().ok());
  const auto outcome = sink->write(records(5));
  REQUIRE(outcome.ok());
  CHECK(outcome->taken == 5);
  CHECK(outcome->acknowledged == 5);
  CHECK(outcome->refused.empty());
  CHECK(outcome->nulls.empty());  // fields are not read
}

TEST_CASE("kafka_sink: of a batch that is refused the record at fault is found") {
  MockKafka kafka;
  const auto sink = make_kafka_sink(kafka.topic());
  REQUIRE(sink->open().ok());
  kafka.answer({too_large, ok, too_large, ok});  // all three, then each
  const auto outcome = sink->write(records(3));
  REQUIRE(outcome.ok());
  CHECK(outcome->acknowledged == 2);
  CHECK(outcome->taken == 2);
  REQUIRE(outcome->refused.size() == 1);
  CHECK(outcome->refused[0].index == 1);
  CHECK(outcome->refused[0].reason == "Rejected");
  CHECK(outcome->refused[0].message.find("too large") != std::string::npos);
}

TEST_CASE("kafka_sink: what no record is at fault for waits") {
  MockKafka kafka;
  const auto sink = make_kafka_sink(kafka.topic());
  REQUIRE(sink->open().ok());
  kafka.answer({RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  const auto refused = sink->write(records(3));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().reason == "Waiting");
  CHECK(refused.error().message == "target Kafka: Broker: Topic authorization failed");
  CHECK_FALSE(sink->write(records(3)).ok());  // not before it is opened again
  REQUIRE(sink->open().ok());
  CHECK(sink->write(records(3))->acknowledged == 3);
}

TEST_CASE("kafka_sink: what is wrong with the target is named") {
  MockKafka kafka;
  stage::OtherKafka target = kafka.topic();
  target.client.properties = {{"sasl.password", "file:/nonexistent"}};
  CHECK(make_kafka_sink(target)->open().error().message == "target Kafka: sasl.password: cannot read /nonexistent");
  target.client.properties = {{"no.such.property", "secret"}};
  const Error unknown = make_kafka_sink(target)->open().error();
  CHECK(unknown.message.find("no.such.property") != std::string::npos);
  CHECK(unknown.message.find("secret") == std::string::npos);
  target = {};
  target.client.bootstrap_servers = "127.0.0.1:1";
  target.topic = "copies";
  const Error away = make_kafka_sink(target)->open().error();
  CHECK(away.reason == "Waiting");
  CHECK(away.message.find("target Kafka: ") == 0);
}
