// The Kafka sink as a stage, from one Kafka to another: what arrives there, what is committed here, and how it waits.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "kafka/murmur2.h"
#include "stages.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

namespace {

KafkaServer& other() {
  return KafkaServer::other();
}

// Kept as it is; not so old that retention deletes the record at once.
const std::int64_t kTime = epoch_ms(Clock::real().wall()) - 3'600'000;

// A sink of the stage's input and group, with another worker.
Json sink_to(const EvenNumbers& stage, const std::string& address, const std::string& topic,
             const Json& properties = Json::Object{}) {
  Json settings = stage.settings();
  settings["kind"] = "sink";
  settings["stage"] = "mirror";
  settings["sink"] = Json::object(
      {{"kafka", Json::object({{"bootstrapServers", address}, {"topic", topic}, {"properties", properties}})}});
  return settings;
}

}  // namespace

TEST_CASE("the kafka sink writes records byte for byte to a cluster with TLS and SASL") {
  const EvenNumbers stage(2);
  const std::string topic = other().make_topic(5);
  const std::string password = cat("/tmp/tidegate-kafka-sink-", std::to_string(::getpid()));
  std::ofstream(password) << "wrong\n";
  const std::string bytes("\0\xff{", 3);
  KafkaServer::instance().produce(stage.input, {{"a", "no json", 0, {{"h", "1"}, {"none", std::nullopt}}, kTime},
                                                {"a", bytes, 1, {}, kTime + 1},
                                                {bytes, "b", 1, {}, kTime + 2},
                                                {std::nullopt, "c", 0, {}, kTime + 3}});
  WorkerProcess worker(sink_to(stage, other().secure_address(), topic,
                               Json::object({{"security.protocol", "sasl_ssl"},
                                             {"ssl.ca.location", other().ca_file()},
                                             {"sasl.mechanism", "PLAIN"},
                                             {"sasl.username", "tidegate"},
                                             {"sasl.password", cat("file:", password)}})),
                       "worker-0");
  REQUIRE(eventually([&] { return stage.totals().problem.find("uthentication failed") != std::string::npos; }));
  CHECK(stage.totals().problem.find("target Kafka: ") == 0);
  CHECK(stage.totals().problem.find("wrong") == std::string::npos);
  CHECK(worker.get("/readyz").first == 503);
  std::ofstream(password) << "geheim\n";  // the Secret is put right: no restart is needed
  REQUIRE(eventually([&] { return stage.position() == 4; }));
  CHECK(worker.terminate() == 0);
  ::unlink(password.c_str());

  auto written = other().read(topic);
  std::sort(written.begin(), written.end(),
            [](const auto& a, const auto& b) { return a.timestamp_ms < b.timestamp_ms; });
  REQUIRE(written.size() == 4);
  CHECK(written[0].key == "a");
  CHECK(written[0].value == "no json");
  CHECK(written[0].headers == std::map<std::string, std::string>{{"h", "1"}, {"none", ""}});
  CHECK(written[0].timestamp_ms == kTime);
  CHECK(written[1].value == bytes);
  CHECK(written[2].key == bytes);
  CHECK_FALSE(written[3].key);
  for (int i = 0; i < 3; ++i) {
    CHECK(written[static_cast<std::size_t>(i)].partition ==
          kafka::partition_of_key(*written[static_cast<std::size_t>(i)].key, 5));
  }
  CHECK(stage.totals().in == 4);
  CHECK(stage.totals().out == 4);
}

TEST_CASE("the kafka sink waits for a topic and for a cluster that is away and loses nothing") {
  const EvenNumbers stage(2);
  const std::string topic = other().unique("late");
  stage.produce(0, 100);
  WorkerProcess worker(sink_to(stage, other().address(), topic), "worker-0");
  const std::string missing =
      cat("target Kafka: topic ", topic, " does not exist there; create it, or correct kafka.topic of the sink");
  REQUIRE(eventually([&] { return stage.totals().problem == missing; }));
  CHECK(stage.position() == 0);
  other().admin();  // its client outlives the broker
  REQUIRE(other().admin().create_topic({topic, 3, 1, {}}).ok());
  REQUIRE(eventually([&] { return stage.position() == 100; }));

  other().stop(false);
  stage.produce(100, 200);
  REQUIRE(eventually([&] { return stage.totals().problem.find("target Kafka: ") == 0; }));
  CHECK(stage.position() == 100);
  other().start();
  REQUIRE(eventually([&] { return stage.position() == 200; }, Duration{60'000}));
  CHECK(stage.totals().problem.empty());
  CHECK(worker.terminate() == 0);
  std::set<std::string> written;
  for (const Stored& record : other().read(topic)) written.insert(record.value);
  CHECK(written.size() == 200);
}

TEST_CASE("the kafka sink keeps what the other topic never takes as dead letters") {
  EvenNumbers stage(1);
  stage.input = KafkaServer::instance().make_topic(1, {{"message.timestamp.after.max.ms", "9223372036854775807"}});
  const std::string topic = other().make_topic(1, {{"max.message.bytes", "2000"}, {"cleanup.policy", "compact"}});
  std::vector<NewRecord> records;
  for (int n = 0; n < 50; ++n) records.push_back({cat("k", std::to_string(n)), std::string(100, 'x'), 0, {}});
  records[7].value = std::string(50'000, 'x');                            // too large
  records[8].timestamp_ms = epoch_ms(Clock::real().wall()) + 86'400'000;  // a day ahead
  records[9].key.reset();                                                 // a compacted topic needs keys
  KafkaServer::instance().produce(stage.input, records);
  WorkerProcess worker(sink_to(stage, other().address(), topic), "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 50; }));
  CHECK(worker.terminate() == 0);
  std::set<std::string> keys;
  for (const Stored& record : other().read(topic)) keys.insert(record.key.value_or("none"));
  CHECK(keys.size() == 47);
  CHECK_FALSE(keys.contains("k7"));
  CHECK_FALSE(keys.contains("k8"));
  CHECK_FALSE(keys.contains("none"));
  CHECK(stage.totals().out == 47);
  CHECK(stage.totals().dead_letters == 3);
  const auto dead = KafkaServer::instance().read(stage.dead_letters);
  REQUIRE(dead.size() == 3);
  for (const Stored& letter : dead) {
    CHECK(letter.headers.at("tidegate-reason") == "Rejected");
    CHECK(letter.headers.at("tidegate-message").find("the target's topic takes no such record: ") == 0);
  }
  CHECK(dead[0].value == records[7].value);
}
