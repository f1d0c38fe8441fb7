// `tidegate-worker letters` against a real Kafka: dead letters are counted, shown and given to the stage again.
#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>
#include <set>

#include "stages.h"
#include "tests/worker/programs.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

namespace {

struct Answer {
  std::vector<Json> records;
  Json done;
  std::string error;
};

// Runs it with these settings; what it says on standard output.
Answer letters(const Json& settings, const Json& request) {
  char path[] = "/tmp/tidegate-letters-XXXXXX";
  REQUIRE(::mkstemp(path) >= 0);
  std::ofstream(path) << settings.dump();
  const std::string command = cat(worker_program(), " letters --config ", path, " --request '", request.dump(), "'");
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  Answer out;
  std::string text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  ::pclose(pipe);
  std::remove(path);
  for (const std::string& line : split(text, '\n')) {
    const auto parsed = Json::parse(line);
    if (!parsed) continue;
    if (parsed->has("record")) out.records.push_back(parsed->get("record"));
    if (parsed->has("done")) out.done = parsed->get("done");
    if (parsed->has("error")) out.error = parsed->get("error").as_string();
  }
  return out;
}

Json ask(const char* action, const Json::Object& more = {}) {
  Json::Object out = more;
  out["action"] = action;
  return out;
}

}  // namespace

TEST_CASE("dead letters are counted - shown and replayed once their cause is gone") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(2);
  const std::string huge = R"({"n":9223372036854775806,"name":"huge"})";  // twice that is no BIGINT
  kafka.produce(stage.input, {{std::nullopt, EvenNumbers::record(2), 0, {}},
                              {"k1", huge, 1, {{"trace", "t"}}},
                              {"k2", R"({"n":"one","name":"x"})", 0, {}},
                              {"k3", "{\"n\": 1, \"name\": \"\xff", 0, {}}});
  {
    WorkerProcess worker(stage.settings(), "worker-0");
    REQUIRE(eventually([&] { return stage.position() == 4; }));
    CHECK(worker.terminate() == 0);
  }
  const Answer listed = letters(stage.settings(), ask("list"));
  CHECK(listed.done.get("deadLetters").as_int() == 3);
  std::set<std::string> reasons;
  for (const Json& one : listed.done.get("reasons").items()) {
    CHECK(one.get("count").as_int() == 1);
    reasons.insert(one.get("reason").as_string());
  }
  CHECK(reasons == std::set<std::string>{"Malformed", "QueryFailed", "WrongType"});

  const Answer shown = letters(stage.settings(), ask("show", {{"fields", Json::object({{"name", "huge"}})}}));
  REQUIRE(shown.records.size() == 1);
  CHECK(shown.records[0].get("value").as_string() == huge);
  CHECK(shown.records[0].at("headers/trace").as_string() == "t");
  CHECK(shown.records[0].at("origin/partition").as_int() == 1);
  CHECK(shown.records[0].at("origin/failures").as_int() == 1);

  Json mended = stage.settings();
  mended["sql"]["query"] = cat("SELECT name, n, n AS twice FROM \"", stage.input, "\" WHERE n % 2 = 0");
  const Json failed = ask("replay", {{"reason", "QueryFailed"}, {"dryRun", true}});
  CHECK(letters(mended, failed).done.get("replayed").as_int() == 1);
  CHECK(kafka.read(stage.output).size() == 1);  // a dry run writes nothing

  const Answer replayed = letters(mended, ask("replay", {{"reason", "QueryFailed"}}));
  CHECK(replayed.error.empty());
  CHECK(replayed.done.get("replayed").as_int() == 1);
  CHECK(replayed.done.get("failedAgain").as_int() == 0);
  std::set<std::string> rows;
  for (const Stored& stored : kafka.read(stage.output)) rows.insert(stored.value);
  CHECK(rows.size() == 2);
  CHECK(rows.contains(R"({"name":"huge","n":9223372036854775806,"twice":9223372036854775806})"));
  CHECK(kafka.read(stage.dead_letters).size() == 3);
  CHECK(stage.position() == 4);  // the stage's own progress is its own
  CHECK(letters(mended, ask("tail")).records.size() == 2);
}

TEST_CASE("what fails again is a dead letter again and does not go round for ever") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(1);
  kafka.produce(stage.input, {{"k", R"({"n":"one","name":"x"})", 0, {}}});
  {
    WorkerProcess worker(stage.settings(), "worker-0");
    REQUIRE(eventually([&] { return stage.position() == 1; }));
    worker.terminate();
  }
  const Answer again = letters(stage.settings(), ask("replay"));
  CHECK(again.done.get("failedAgain").as_int() == 1);
  CHECK(kafka.read(stage.dead_letters).size() == 2);
  const Answer shown = letters(stage.settings(), ask("show"));
  REQUIRE(shown.records.size() == 2);
  CHECK(shown.records[1].at("origin/failures").as_int() == 2);
  CHECK(shown.records[1].at("origin/topic").as_string() == stage.input);
  CHECK(shown.records[1].at("origin/offset").as_int() == 0);
  const Answer guarded = letters(stage.settings(), ask("replay", {{"mostFailures", 1}, {"from", 1}}));
  CHECK(guarded.done.get("leftOut").as_int() == 1);
  CHECK(guarded.done.get("replayed").as_int() == 0);
  CHECK(kafka.read(stage.dead_letters).size() == 2);
}

TEST_CASE("letters of a stage with a window are looked at but not replayed") {
  const EvenNumbers stage(1);
  KafkaServer::instance().produce(stage.dead_letters, {{std::nullopt, "late", 0, {}}});
  Json windowed = stage.settings();
  windowed["input"]["key"] = Json::array({"name"});
  windowed["eventTime"] = Json::object({{"field", "ts"}, {"maxOutOfOrder", 0}, {"maxAhead", 1000}});
  windowed["window"] = Json::object({{"tumbling", Json::object({{"size", 1000}})}});
  windowed["input"]["fields"] =
      Json::parse(R"([{"name": "name", "type": "VARCHAR"}, {"name": "ts", "type": "TIMESTAMP"}])").value();
  windowed["sql"]["query"] =
      cat("SELECT name, window_start, count(*) AS c FROM \"", stage.input, "\" GROUP BY name, window_start");
  CHECK(letters(windowed, ask("list")).done.get("deadLetters").as_int() == 1);
  const Answer refused = letters(windowed, ask("replay"));
  CHECK(refused.error.find("window") != std::string::npos);
  CHECK(KafkaServer::instance().read(stage.output).empty());
}

TEST_CASE("what cannot be done is said") {
  const EvenNumbers stage(1);
  Json elsewhere = stage.settings();
  elsewhere["deadLetters"]["topic"] = "no-such-topic";
  CHECK(letters(elsewhere, ask("list")).error.find("no-such-topic") != std::string::npos);
  CHECK(letters(stage.settings(), ask("burn")).error.find("burn") != std::string::npos);
}
