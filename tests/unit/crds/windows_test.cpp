#include "crds/windows.h"

#include <doctest/doctest.h>

#include "common/base/text.h"
#include "crds/graph.h"
#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::crds;

namespace {

constexpr const char* kWindowed = R"({
  "kafka": {"managed": {"storage": {"size": "1Gi"}}},
  "topics": [
    {"name": "payments", "partitions": 4, "retention": "168h", "key": ["card"],
     "eventTime": {"field": "ts", "maxOutOfOrder": "10s", "maxAhead": "1h"},
     "value": {"fields": [{"name": "card", "type": "VARCHAR"}, {"name": "ts", "type": "TIMESTAMP", "required": true}]}},
    {"name": "raw", "partitions": 1, "value": {"fields": [{"name": "card", "type": "VARCHAR"}]}}],
  "processors": [
    {"name": "score", "from": ["payments"], "to": "alerts", "window": {"tumbling": {"size": "1m"}},
     "sql": {"query": "SELECT card, count(*) AS n FROM payments GROUP BY card"}},
    {"name": "pre", "from": ["raw"], "to": "clean", "sql": {"query": "SELECT * FROM raw"}}]})";

std::string with(std::string text, const std::string& part, const std::string& replacement) {
  const std::size_t at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), replacement);
}

Json spec_with(const std::string& part, const std::string& replacement) {
  return json(with(kWindowed, part, replacement));
}

Error refusal(const Json& spec) {
  const auto parsed = pipeline_from_json(spec);
  if (!parsed) return parsed.error();
  const auto checked = check_graph(*parsed);
  REQUIRE_FALSE(checked.ok());
  return checked.error();
}

}  // namespace

TEST_CASE("a window comes to the worker in milliseconds with what its groups must contain") {
  const PipelineSpec spec = read(json(kWindowed));
  CHECK(check_graph(spec).ok());
  CHECK(window_request(spec, spec.processors[0]) ==
        json(R"({"window": {"tumbling": {"size": 60000}}, "inputKey": ["card"],
                 "eventTime": {"field": "ts", "maxOutOfOrder": 10000, "maxAhead": 3600000}})"));
  CHECK(window_request(spec, spec.processors[1]) == Json(Json::Object{}));
}

TEST_CASE("a hopping window") {
  const PipelineSpec spec =
      read(spec_with(R"({"tumbling": {"size": "1m"}})", R"({"hopping": {"size": "1m", "slide": "20s"}})"));
  CHECK(to_json(*spec.processors[0].window) == json(R"({"hopping": {"size": 60000, "slide": 20000}})"));
  CHECK(
      refusal(spec_with(R"({"tumbling": {"size": "1m"}})", R"({"hopping": {"size": "1m", "slide": "25s"}})")).message ==
      "spec.processors[0].window.hopping.slide: must be at least 1s and go into size without a rest");
}

TEST_CASE("sessions are of the topic's key - with one partition too") {
  const std::string text =
      with(kWindowed, R"({"tumbling": {"size": "1m"}})", R"({"session": {"gap": "10m", "maxDuration": "2h"}})");
  const PipelineSpec spec = read(json(text));
  CHECK(check_graph(spec).ok());
  CHECK(to_json(*spec.processors[0].window) == json(R"({"session": {"gap": 600000, "maxDuration": 7200000}})"));
  const PipelineSpec narrow = read(json(with(text, R"("partitions": 4)", R"("partitions": 1)")));
  CHECK(grouping_key(narrow, narrow.processors[0]) == std::vector<std::string>{"card"});
  const auto message = [&](const char* part, const char* replacement) {
    return refusal(json(with(text, part, replacement))).message;
  };
  const std::string session = "spec.processors[0].window.session.";
  CHECK(message("2h", "19m") == session + "maxDuration: must be at least twice gap");
  CHECK(message("2h", "25h") == session + "maxDuration: must be from 2s to 24h");
  CHECK(message("10m", "1ms") == session + "gap: must be from 1s to 24h");
  CHECK(message("168h", "4h").find("its retention must be 241m or more") != std::string::npos);
}

TEST_CASE("groups that may lie in several partitions are refused") {
  CHECK(refusal(spec_with(R"("key": ["card"],)", "")).reason == "KeyMismatch");
  const PipelineSpec spec =
      read(spec_with(R"("partitions": 4, "retention": "168h", "key": ["card"])", R"("partitions": 1)"));
  CHECK(check_graph(spec).ok());
  CHECK(grouping_key(spec, spec.processors[0]).empty());
}

TEST_CASE("what a window needs and does not have is refused by field") {
  CHECK(refusal(spec_with(R"("eventTime": {"field": "ts", "maxOutOfOrder": "10s", "maxAhead": "1h"},)", ""))
            .message.find("needs eventTime on topic 'payments'") != std::string::npos);
  CHECK(refusal(spec_with(R"("required": true)", R"("required": false)"))
            .message.starts_with("spec.topics[payments].eventTime.field: 'ts' must be"));
  CHECK(refusal(spec_with("168h", "1h")).message.find("its retention must be 62m or more") != std::string::npos);
  CHECK(refusal(spec_with(R"({"tumbling": {"size": "1m"}})", "{}")).message ==
        "spec.processors[0].window: exactly one of tumbling, hopping and session must be given");
}

namespace {

// payments → first (a window or not) → sums → second, whose window is behind the first.
Json chain(const std::string& first, const std::string& sums) {
  return json(cat(R"({
    "kafka": {"managed": {"storage": {"size": "1Gi"}}},
    "topics": [
      {"name": "payments", "partitions": 4, "key": ["card"], "eventTime": {"field": "ts"},
       "value": {"fields": [{"name": "card", "type": "VARCHAR"}, {"name": "ts", "type": "TIMESTAMP", "required": true}]}},
      {"name": "sums", "partitions": 4, "eventTime": {"field": "at"})",
                  sums, R"(}],
    "processors": [
      {"name": "first", "from": ["payments"], "to": "sums", "sql": {"query": "SELECT 1"})",
                  first, R"(},
      {"name": "second", "from": ["sums"], "to": "totals", "window": {"tumbling": {"size": "1h"}},
       "sql": {"query": "SELECT 1"}}]})"));
}

}  // namespace

TEST_CASE("a window may stand behind a processor that keeps its groups together") {
  const PipelineSpec spec = read(chain(R"(, "key": ["card"], "window": {"tumbling": {"size": "1m"}})", ""));
  CHECK(check_graph(spec).ok());
  CHECK(follows_event_time(spec, spec.processors[0]));
  CHECK(grouping_key(spec, spec.processors[1]) == std::vector<std::string>{"card"});
  CHECK(window_request(spec, spec.processors[1]).at("eventTime") ==
        json(R"({"field": "at", "maxOutOfOrder": 0, "maxAhead": 3600000, "written": true})"));
  // Also behind one that only passes records on.
  const PipelineSpec row_wise = read(chain("", R"(, "key": ["card"])"));
  CHECK(check_graph(row_wise).ok());
  CHECK(follows_event_time(row_wise, row_wise.processors[0]));
  CHECK(grouping_key(row_wise, row_wise.processors[1]) == std::vector<std::string>{"card"});
}

TEST_CASE("a topic is keyed as all of its writers do it") {
  CHECK(refusal(chain("", "")).reason == "KeyMismatch");
  // The topic says one thing, the processor does another.
  const PipelineSpec spec = read(chain(R"(, "key": ["shop"])", R"(, "key": ["card"])"));
  CHECK(grouping_key(spec, spec.processors[1]) == std::vector<std::string>{"shop"});
}

TEST_CASE("how far a stage before a window has come must be known") {
  Json spec = chain(R"(, "key": ["card"])", "");
  spec["topics"] = Json::array({spec.at("topics").items()[0], spec.at("topics").items()[1]});
  Json no_time =
      json(R"({"name": "payments", "partitions": 4, "value": {"fields": [{"name": "card", "type": "VARCHAR"}]}})");
  spec["topics"] = Json::array({no_time, spec.at("topics").items()[1]});
  CHECK(refusal(spec).message ==
        "spec.processors[first].from: topic 'payments' needs eventTime, because a processor with a window is behind "
        "this one and depends on how far it has come");
  CHECK(refusal(chain(R"(, "key": ["card"])",
                      R"x(, "value": {"fields": [{"name": "at", "type": "TIMESTAMP", "required": true}]}}],
    "sources": [{"name": "in", "to": "sums", "http": {}}], "sinks": [{"name": "x", "from": "sums", "log": {})x"))
            .message.find("is filled by a source and by a processor") != std::string::npos);
  std::string idle = chain(R"(, "key": ["card"])", "").dump();
  const std::string part = R"({"field":"at"})";
  idle.replace(idle.find(part), part.size(), R"({"field": "at", "idleTimeout": "10s"})");
  CHECK(refusal(json(idle)).message.starts_with("spec.topics[sums].eventTime.idleTimeout: is for topics"));
}

TEST_CASE("quiet partitions") {
  const PipelineSpec spec = read(spec_with(R"("maxAhead": "1h")", R"("idleTimeout": "30s", "closeWhenIdle": true)"));
  CHECK(spec.topics[0].event_time->idle_timeout == std::chrono::seconds(30));
  CHECK(spec.topics[0].event_time->close_when_idle);
  CHECK(refusal(spec_with(R"("maxAhead": "1h")", R"("closeWhenIdle": true)")).message ==
        "spec.topics[0].eventTime.closeWhenIdle: needs idleTimeout");
}
