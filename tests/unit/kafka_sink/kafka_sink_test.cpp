// The Kafka sink in front of librdkafka's own mock broker, in this process; a real Kafka is for tests/worker.
#include "worker/sinks/kafka_sink.h"

#include <doctest/doctest.h>

#include <vector>

#include "tests/unit/kafka/mock_cluster.h"

using namespace tidegate;
using namespace tidegate::sinks;

namespace {

struct MockKafka : kafka_test::MockCluster {
  MockKafka() : MockCluster(1) { MockCluster::topic("copies", 1); }

  stage::OtherKafka topic(const std::string& name = "copies") const {
    stage::OtherKafka target;
    target.client = config();
    target.topic = name;
    return target;
  }
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
