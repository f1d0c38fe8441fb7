// A processor against a real Kafka: what goes in, what comes out, what is told about it.
#include <doctest/doctest.h>

#include <csignal>
#include <set>

#include "kafka/murmur2.h"
#include "stages.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

TEST_CASE("rows - keys - partitions - counters and probes of a processor") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(2);
  stage.produce(0, 1000);
  WorkerProcess worker(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 1000; }));

  std::map<std::string, int> rows;
  for (const Stored& stored : kafka.read(stage.output)) {
    ++rows[stored.value];
    REQUIRE(stored.key.has_value());
    CHECK(stored.partition == kafka::partition_of_key(*stored.key, stage.partitions_out));
  }
  CHECK(rows.size() == 500);
  for (int n = 0; n < 1000; n += 2) CHECK(rows[EvenNumbers::row(n)] == 1);

  const auto totals = stage.totals();
  CHECK(totals.in == 1000);
  CHECK(totals.out == 500);
  CHECK(totals.dead_letters == 0);
  const std::string topic_id = kafka.admin().describe_topics({stage.input}).value().at(stage.input).id;
  for (const auto& metadata : kafka.committed(stage.group, stage.input, 2)) {
    REQUIRE(metadata.has_value());
    CHECK(metadata->position == 500);
    CHECK(metadata->topic_id == topic_id);
    CHECK_FALSE(metadata->waiting);
  }

  CHECK(ready(worker));
  CHECK(worker.get("/healthz").first == 200);
  CHECK(worker.metric("tidegate_stage_records_in_total") == 1000);
  CHECK(worker.metric("tidegate_stage_records_out_total") == 500);
  CHECK(worker.metric("tidegate_stage_waiting") == 0);
  CHECK(worker.terminate() == 0);
}

TEST_CASE("bad records are in the dead letters byte for byte - the rest flows") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(1);
  const std::string oversized = R"({"n":2,"name":")" + std::string(600 * 1024, 'x') + "\"}";
  const std::vector<std::pair<std::string, std::string>> bad{
      {"{\"n\": 1, \"name\": \"\xff", "Malformed"},
      {"", "Malformed"},
      {R"({"n":"one","name":"k"})", "WrongType"},
      {R"({"name":"k"})", "MissingField"},
      {R"({"n":null})", "MissingField"},
      {oversized, "Oversized"},
      {R"({"n":9223372036854775806,"name":"k"})", "QueryFailed"}};
  std::vector<NewRecord> records;
  for (int n = 0; n < 100; ++n) {
    records.push_back({std::nullopt, EvenNumbers::record(n), 0, {}});
    const auto index = static_cast<std::size_t>(n);
    if (index < bad.size()) {
      records.push_back({"key-" + std::to_string(n),
                         bad[index].first,
                         0,
                         {{"trace", "t-" + std::to_string(n)}, {"none", std::nullopt}}});
    }
  }
  kafka.produce(stage.input, records);
  WorkerProcess worker(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return stage.position() == static_cast<std::int64_t>(records.size()); }));

  std::set<std::string> rows;
  for (const Stored& stored : kafka.read(stage.output)) rows.insert(stored.value);
  CHECK(rows.size() == 50);
  for (int n = 0; n < 100; n += 2) CHECK(rows.contains(EvenNumbers::row(n)));

  const std::vector<Stored> dead = kafka.read(stage.dead_letters);
  REQUIRE(dead.size() == bad.size());
  for (std::size_t i = 0; i < bad.size(); ++i) {
    CAPTURE(i);
    const Stored& letter = dead[i];
    CHECK(letter.value == bad[i].first);
    CHECK(letter.key == "key-" + std::to_string(i));
    std::map<std::string, std::string> headers = letter.headers;
    CHECK(headers["trace"] == "t-" + std::to_string(i));
    CHECK(headers.contains("none"));
    CHECK(headers["tidegate-topic"] == stage.input);
    CHECK(headers["tidegate-partition"] == "0");
    CHECK(headers["tidegate-offset"] == std::to_string(2 * i + 1));
    CHECK(std::stoll(headers["tidegate-timestamp"]) > 1'600'000'000'000);
    CHECK(headers["tidegate-pipeline"] == "numbers");
    CHECK(headers["tidegate-stage"] == "even");
    CHECK(headers["tidegate-reason"] == bad[i].second);
    CHECK_FALSE(headers["tidegate-message"].empty());
    CHECK(headers["tidegate-time"].size() == 20);
  }
  CHECK(stage.totals().dead_letters == static_cast<std::int64_t>(bad.size()));
  CHECK(worker.metric(R"(tidegate_stage_dead_letters_total{namespace="test",pipeline="numbers",reason="Malformed")") ==
        2);
}

TEST_CASE("a record whose row is too large for the output topic is a dead letter") {
  KafkaServer& kafka = KafkaServer::instance();
  EvenNumbers stage(1);
  Json settings = stage.settings();
  settings["sql"]["query"] = cat("SELECT name, name AS second, name AS third FROM \"", stage.input, "\"");
  const std::string large = cat(R"({"n":2,"name":")", std::string(400'000, 'x'), "\"}");
  kafka.produce(stage.input, {{std::nullopt, R"({"n":1,"name":"a"})", 0, {}},
                              {std::nullopt, large, 0, {}},
                              {std::nullopt, R"({"n":3,"name":"b"})", 0, {}}});
  WorkerProcess worker(settings, "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 3; }));
  CHECK(kafka.read(stage.output).size() == 2);
  const auto dead = kafka.read(stage.dead_letters);
  REQUIRE(dead.size() == 1);
  CHECK(dead[0].value == large);
  CHECK(dead[0].headers.at("tidegate-reason") == "Oversized");
}

TEST_CASE("without a key a row keeps the partition number of its record - and counters go on after a restart") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(4, 3);
  Json settings = stage.settings();
  settings["output"].erase("key");
  stage.produce(0, 400);
  {
    WorkerProcess worker(settings, "worker-0");
    REQUIRE(eventually([&] { return stage.position() == 400; }));
    CHECK(worker.terminate() == 0);
  }
  stage.produce(400, 1000);
  WorkerProcess worker(settings, "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 1000; }));
  const auto totals = stage.totals();
  CHECK(totals.in == 1000);
  CHECK(totals.out == 500);
  const auto rows = kafka.read(stage.output);
  CHECK(rows.size() == 500);  // a clean restart repeats nothing
  for (const Stored& stored : rows) {
    CHECK_FALSE(stored.key.has_value());
    const int n = static_cast<int>(Json::parse(stored.value)->get("n").as_int());
    CHECK(stored.partition == n % 4 % 3);
  }
}

TEST_CASE("a first start at latest skips what is there - and only that") {
  const EvenNumbers stage(1);
  Json settings = stage.settings();
  settings["start"] = "latest";
  stage.produce(0, 100);
  WorkerProcess worker(settings, "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 100; }));  // committed at once: a crash now must not skip more
  CHECK(stage.totals().in == 0);
  worker.kill();
  stage.produce(100, 200);
  WorkerProcess again(settings, "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 200; }));
  CHECK(stage.totals().in == 100);
}

TEST_CASE("a stage that cannot start its query says why and commits nothing further") {
  const EvenNumbers stage(1);
  Json settings = stage.settings();
  settings["sql"]["query"] = cat("SELECT no_such_column FROM \"", stage.input, "\"");
  stage.produce(0, 10);
  WorkerProcess worker(settings, "worker-0");
  REQUIRE(eventually([&] { return stage.totals().problem.find("no_such_column") != std::string::npos; }));
  CHECK(stage.position() == 0);
  const auto [status, body] = worker.get("/readyz");
  CHECK(status == 503);
  CHECK(body.find("no_such_column") != std::string::npos);
  CHECK(worker.metric("tidegate_stage_waiting") == 1);
}
