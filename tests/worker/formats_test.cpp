// What records bring beside plain members: nested values, keys, headers, Kafka's times; and records without a value.
#include <doctest/doctest.h>

#include "stages.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

TEST_CASE("nested values - key - headers and Kafka's own fields reach the query") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(2);
  Json settings = stage.settings();
  settings["input"]["fields"] = Json::parse(R"([{"name": "n", "type": "BIGINT", "path": "a.n", "required": true},
    {"name": "k", "type": "VARCHAR", "from": "key"}, {"name": "at", "type": "TIMESTAMP", "from": "timestamp"},
    {"name": "p", "type": "INTEGER", "from": "partition"}, {"name": "o", "type": "BIGINT", "from": "offset"},
    {"name": "trace", "type": "VARCHAR", "header": "trace-id"}])")
                                    .value();
  settings["output"]["key"] = Json::array({"k"});
  settings["sql"]["query"] = cat("SELECT n, k, p, o, trace, epoch_ms(\"at\") AS ms FROM \"", stage.input, "\"");
  kafka.produce(stage.input, {{"one", R"({"a":{"n":1}})", 0, {{"trace-id", "x"}, {"trace-id", "y"}}},
                              {std::nullopt, R"({"a":{"n":2}})", 1, {{"other", "z"}}},
                              {"\xff", R"({"a":{"n":3}})", 0},
                              {"gone", std::nullopt, 1, {{"trace-id", "t"}}},
                              {"four", R"({"a":{"n":4}})", 1, {{"trace-id", std::nullopt}}}});
  WorkerProcess worker(settings, "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 5; }));

  std::map<std::int64_t, std::int64_t> times;  // partition and offset in one number
  for (const Stored& stored : kafka.read(stage.input))
    times[stored.partition * 100 + stored.offset] = stored.timestamp_ms;
  std::map<std::string, std::optional<std::string>> rows;
  for (const Stored& stored : kafka.read(stage.output)) rows[stored.value] = stored.key;
  CHECK(rows.size() == 3);
  const auto row = [&](const char* begin, std::int64_t place) {
    return cat(begin, R"(,"ms":)", std::to_string(times[place]), "}");
  };
  CHECK(rows.at(row(R"({"n":1,"k":"one","p":0,"o":0,"trace":"y")", 0)) == "one");
  CHECK(rows.at(row(R"({"n":2,"k":null,"p":1,"o":0,"trace":null)", 100)) == std::nullopt);
  CHECK(rows.at(row(R"({"n":4,"k":"four","p":1,"o":2,"trace":null)", 102)) == "four");

  // Neither the key that is no text nor the missing value is lost.
  const auto letters = kafka.read(stage.dead_letters);
  REQUIRE(letters.size() == 2);
  for (const Stored& letter : letters) {
    const bool tombstone = letter.key == "gone";
    CHECK(letter.tombstone == tombstone);
    CHECK(letter.headers.at("tidegate-reason") == (tombstone ? "Malformed" : "WrongType"));
    CHECK(letter.headers.at("tidegate-message").find(tombstone ? "tombstone" : "not UTF-8") != std::string::npos);
    if (tombstone) CHECK(letter.headers.at("trace-id") == "t");
  }
  const auto totals = stage.totals();
  CHECK(totals.in == 5);
  CHECK(totals.out == 3);
  CHECK(totals.dead_letters == 2);
  CHECK(worker.metric("tidegate_stage_rows_taken_total") == 3);
  CHECK(worker.metric("tidegate_stage_rows_given_total") == 3);
  CHECK(worker.terminate() == 0);
}

TEST_CASE("windows over Kafka's own time") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(1, 1);
  Json settings = stage.settings();
  settings["input"]["fields"] = Json::parse(R"([{"name": "n", "type": "BIGINT"},
    {"name": "at", "type": "TIMESTAMP", "from": "timestamp", "required": true}])")
                                    .value();
  settings["input"]["key"] = Json::Array{};
  settings["output"]["key"] = Json::Array{};
  settings["eventTime"] = Json::parse(R"({"field": "at", "maxOutOfOrder": 0, "maxAhead": 0})").value();
  settings["window"] = Json::parse(R"({"tumbling": {"size": 1000}})").value();
  settings["sql"]["query"] = cat("SELECT window_start, sum(n) AS s FROM \"", stage.input, "\" GROUP BY window_start");
  WorkerProcess worker(settings, "worker-0");
  kafka.produce(stage.input,
                {{std::nullopt, R"({"n":1})"}, {std::nullopt, std::nullopt}, {std::nullopt, R"({"n":2})"}});
  // Records that come later close the window of those before.
  std::int64_t produced = 3;
  REQUIRE(eventually([&] {
    kafka.produce(stage.input, {{std::nullopt, R"({"n":0})"}});
    ++produced;
    return kafka.end(stage.output, 1) > 0;
  }));
  std::int64_t sum = 0;
  REQUIRE(eventually([&] {
    sum = 0;
    for (const Stored& stored : kafka.read(stage.output)) sum += Json::parse(stored.value)->get("s").as_int();
    if (sum < 3) kafka.produce(stage.input, {{std::nullopt, R"({"n":0})"}});
    return sum >= 3;
  }));
  CHECK(sum == 3);
  CHECK(kafka.read(stage.dead_letters).size() == 1);
  CHECK(worker.terminate() == 0);
}

TEST_CASE("csv and text reach the query") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(1);
  Json settings = stage.settings();
  settings["input"]["format"] = "csv";
  settings["input"]["delimiter"] = ";";
  kafka.produce(stage.input,
                {{std::nullopt, "2;\"a;b\""}, {std::nullopt, "2"}, {std::nullopt, ";x"}, {std::nullopt, "4;"}});
  WorkerProcess worker(settings, "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 4; }));
  std::map<std::string, int> rows;
  for (const Stored& stored : kafka.read(stage.output)) ++rows[stored.value];
  CHECK(rows ==
        std::map<std::string, int>{{R"({"name":"a;b","n":2,"twice":4})", 1}, {R"({"name":null,"n":4,"twice":8})", 1}});
  std::map<std::string, std::string> reasons;
  for (const Stored& letter : kafka.read(stage.dead_letters))
    reasons[letter.value] = letter.headers.at("tidegate-reason");
  CHECK(reasons == std::map<std::string, std::string>{{"2", "Malformed"}, {";x", "MissingField"}});
  CHECK(worker.terminate() == 0);
}
