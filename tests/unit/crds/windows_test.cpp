#include "crds/windows.h"

#include <doctest/doctest.h>

#include "crds/graph.h"
#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::crds;

namespace {

constexpr const char* kSpec = R"({
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

Json spec_with(const std::string& part, const std::string& replacement) {
  std::string text = kSpec;
  const std::size_t at = text.find(part);
  REQUIRE(at != std::string::npos);
  return json(text.replace(at, part.size(), replacement));
}

PipelineSpec read(const Json& spec) {
  auto parsed = pipeline_from_json(spec);
  REQUIRE(parsed.ok());
  return *parsed;
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
  const PipelineSpec spec = read(json(kSpec));
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
  CHECK(refusal(spec_with(R"("to": "clean")", R"("to": "payments")")).message.find("is written by a processor") !=
        std::string::npos);
  CHECK(refusal(spec_with(R"({"tumbling": {"size": "1m"}})", "{}")).message ==
        "spec.processors[0].window: exactly one of tumbling and hopping must be given");
}
