// Lookup tables over a real Kafka: every replica reads them whole before the first record, and follows them.
#include <doctest/doctest.h>

#include <map>

#include "kafka/murmur2.h"
#include "stages.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

namespace {

constexpr int kTablePartitions = 3;
const std::map<std::string, std::string> kCompacted = {{"cleanup.policy", "compact"}};

// Even numbers with the title of their name; the title is null where there is none.
struct Titles : EvenNumbers {
  explicit Titles(int partitions) : EvenNumbers(partitions) {
    table = KafkaServer::instance().make_topic(kTablePartitions, kCompacted);
  }

  Json settings() const {
    Json settings = EvenNumbers::settings();
    settings["sql"]["query"] =
        cat("SELECT n, title FROM \"", input, "\" e LEFT JOIN \"", table, "\" t ON t.name = e.name WHERE n % 2 = 0");
    settings["output"]["key"] = Json::array({"n"});
    const Json fields = Json::array({Json::object({{"name", "name"}, {"type", "VARCHAR"}, {"required", true}}),
                                     Json::object({{"name", "title"}, {"type", "VARCHAR"}})});
    settings["tables"] =
        Json::array({Json::object({{"topic", table}, {"key", Json::array({"name"})}, {"fields", fields}})});
    settings["tablesMemory"] = 64 << 20;
    return settings;
  }

  static NewRecord title(const std::string& name, const std::string& title) {
    return {name, cat(R"({"name":")", name, R"(","title":")", title, "\"}"),
            kafka::partition_of_key(name, kTablePartitions)};
  }
  static NewRecord gone(const std::string& name) {
    return {name, std::nullopt, kafka::partition_of_key(name, kTablePartitions)};
  }
  void put(const std::vector<NewRecord>& records) const { KafkaServer::instance().produce(table, records); }

  // What was written last for each number.
  std::map<int, std::string> titles() const {
    std::map<int, std::string> out;
    for (const Stored& stored : KafkaServer::instance().read(output)) {
      const Json row = Json::parse(stored.value).value();
      out[static_cast<int>(row.get("n").as_int())] = row.get("title").is_null() ? "null" : row.get("title").as_string();
    }
    return out;
  }

  std::string table;
};

}  // namespace

TEST_CASE("records are joined with a table that was there before - and see what becomes of it") {
  const Titles stage(2);
  std::vector<NewRecord> rows;
  for (int n = 0; n < 20'000; ++n) rows.push_back(Titles::title(cat("k", std::to_string(n % 10'000)), "old"));
  for (int n = 0; n < 10'000; ++n)
    rows.push_back(Titles::title(cat("k", std::to_string(n)), cat("t", std::to_string(n))));
  rows.push_back(Titles::gone("k4"));
  stage.put(rows);
  stage.produce(0, 20'000);
  WorkerProcess worker(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 20'000; }));
  const auto first = stage.titles();
  REQUIRE(first.size() == 10'000);
  for (const auto& [n, title] : first) {
    CHECK(title == (n == 4 || n >= 10'000 ? "null" : cat("t", std::to_string(n))));
  }
  CHECK(worker.metric("tidegate_table_rows") == 9'999);
  CHECK(worker.metric("tidegate_table_bytes") > 1'000'000);
  CHECK(worker.metric("tidegate_table_lag_records") == 0);

  stage.put({Titles::title("k2", "new"), Titles::title("k4", "back"), Titles::gone("k6")});
  REQUIRE(eventually([&] {
    return worker.metric("tidegate_table_rows") == 9'999 && worker.metric("tidegate_table_lag_records") == 0;
  }));
  stage.produce(0, 10);
  REQUIRE(eventually([&] { return stage.position() == 20'010; }));
  REQUIRE(eventually([&] { return stage.titles().at(2) == "new"; }));
  const auto second = stage.titles();
  CHECK(second.at(0) == "t0");
  CHECK(second.at(4) == "back");
  CHECK(second.at(6) == "null");
  CHECK(second.at(8) == "t8");
  CHECK(worker.terminate() == 0);
}

TEST_CASE("a restart reads the whole table before the first record - with exactly once too") {
  for (const bool exactly_once : {false, true}) {
    CAPTURE(exactly_once);
    const Titles stage(2);
    Json settings = stage.settings();
    if (exactly_once) settings["delivery"] = "exactly-once";
    std::vector<NewRecord> rows;
    for (int n = 0; n < 50'000; ++n) {
      const std::string number = std::to_string(n);
      rows.push_back(Titles::title(cat("k", number), cat("t", number)));
    }
    stage.put(rows);
    stage.produce(0, 1'000);
    {
      WorkerProcess worker(settings, "worker-0");
      REQUIRE(eventually([&] { return stage.position() > 0; }));
      worker.kill();
    }
    stage.produce(1'000, 50'000);
    WorkerProcess worker(settings, "worker-0");
    REQUIRE(eventually([&] { return stage.position() == 50'000; }, Duration{60'000}));
    CHECK(stage.titles().size() == 25'000);
    for (const auto& [n, title] : stage.titles()) CHECK(title == cat("t", std::to_string(n)));
    if (exactly_once) CHECK(KafkaServer::instance().read(stage.output).size() == 25'000);
  }
}

TEST_CASE("two replicas with partitions of their own have the whole table") {
  const Titles stage(4);
  std::vector<NewRecord> rows;
  for (int n = 0; n < 5'000; ++n)
    rows.push_back(Titles::title(cat("k", std::to_string(n)), cat("t", std::to_string(n))));
  stage.put(rows);
  WorkerProcess first(stage.settings(), "worker-0"), second(stage.settings(), "worker-1");
  REQUIRE(eventually([&] { return first.get("/readyz").first == 200 && second.get("/readyz").first == 200; }));
  stage.produce(0, 5'000);
  REQUIRE(eventually([&] { return stage.position() == 5'000; }));
  CHECK(first.metric("tidegate_stage_records_in_total") > 0);
  CHECK(second.metric("tidegate_stage_records_in_total") > 0);
  CHECK(first.metric("tidegate_table_rows") == 5'000);
  CHECK(second.metric("tidegate_table_rows") == 5'000);
  const auto titles = stage.titles();
  CHECK(titles.size() == 2'500);
  for (const auto& [n, title] : titles) CHECK(title == cat("t", std::to_string(n)));
}

TEST_CASE("a table without rows gives nulls - and records that cannot be rows are counted - not lost in silence") {
  const Titles stage(1);
  stage.produce(0, 10);
  WorkerProcess worker(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 10; }));
  CHECK(stage.titles().at(2) == "null");

  NewRecord malformed = Titles::title("k2", "bad");
  malformed.value = "{";
  NewRecord other_key = Titles::title("k2", "bad");
  other_key.value = R"({"name":"k4","title":"bad"})";
  NewRecord astray = Titles::title("k2", "bad");
  astray.partition = (astray.partition + 1) % kTablePartitions;
  stage.put({Titles::title("k2", "good"), malformed, other_key, astray, Titles::title("k4", "good")});
  const std::string series = "tidegate_table_rejected_records_total";
  REQUIRE(eventually([&] { return worker.metric("tidegate_table_rows") == 2; }));
  const std::string metrics = worker.get("/metrics").second;
  const auto count = [&](const std::string& reason) {
    for (std::size_t at = metrics.find(series + "{"); at != std::string::npos;
         at = metrics.find(series + "{", at + 1)) {
      const std::string line = metrics.substr(at, metrics.find('\n', at) - at);
      if (line.find(cat("reason=\"", reason, "\"")) != std::string::npos) return line.substr(line.rfind(' ') + 1);
    }
    return std::string("missing");
  };
  CHECK(worker.metric("tidegate_table_stale_rows") == 1);
  CHECK(count("Malformed") == "1");
  CHECK(count("KeyMismatch") == "2");
  CHECK(count("WrongType") == "0");
  CHECK(worker.log().find("cannot be used") != std::string::npos);
  stage.produce(0, 10);
  REQUIRE(eventually([&] { return stage.position() == 20; }));
  CHECK(stage.titles().at(2) == "good");
  CHECK(stage.titles().at(4) == "good");
  stage.put({Titles::title("k2", "better")});
  CHECK(eventually([&] { return worker.metric("tidegate_table_stale_rows") == 0; }));
}

TEST_CASE("a topic that is missing holds records up until it is there - another of its name begins the table anew") {
  KafkaServer& kafka = KafkaServer::instance();
  const Titles stage(1);
  stage.put({Titles::title("k2", "first"), Titles::title("k4", "first")});
  stage.produce(0, 10);
  WorkerProcess worker(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 10; }));
  CHECK(stage.titles().at(4) == "first");

  REQUIRE(kafka.admin().delete_topic(stage.table).ok());
  REQUIRE(eventually(
      [&] { return stage.totals().problem.find(cat("topic ", stage.table, " does not exist")) != std::string::npos; }));
  CHECK(worker.get("/readyz").first == 503);
  stage.produce(0, 10);
  REQUIRE(eventually([&] { return kafka.admin().create_topic({stage.table, kTablePartitions, 1, kCompacted}).ok(); }));
  stage.put({Titles::title("k2", "second")});
  REQUIRE(eventually([&] { return stage.position() == 20 && stage.totals().problem.empty(); }, Duration{60'000}));
  // The topic may have been read while it was still empty.
  stage.produce(0, 10);
  REQUIRE(eventually([&] { return stage.position() == 30; }));
  CHECK(stage.titles().at(2) == "second");
  CHECK(stage.titles().at(4) == "null");
}

TEST_CASE("tables that need more memory than they may take stop the stage and say what to do") {
  const Titles stage(1);
  Json settings = stage.settings();
  settings["tablesMemory"] = 1 << 20;
  std::vector<NewRecord> rows;
  for (int n = 0; n < 10'000; ++n) rows.push_back(Titles::title(cat("k", std::to_string(n)), std::string(100, 'x')));
  stage.put(rows);
  stage.produce(0, 10);
  WorkerProcess worker(settings, "worker-0");
  REQUIRE(
      eventually([&] { return stage.totals().problem.find("raise resources.limits.memory") != std::string::npos; }));
  CHECK(worker.get("/readyz").first == 503);
  CHECK(KafkaServer::instance().read(stage.output).empty());
}
