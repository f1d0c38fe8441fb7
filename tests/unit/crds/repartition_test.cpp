#include "crds/repartition.h"

#include <doctest/doctest.h>

#include "crds/graph.h"
#include "crds/windows.h"
#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::crds;

namespace {

constexpr const char* kRepartitioned = R"({
  "kafka": {"managed": {"storage": {"size": "1Gi"}}},
  "topics": [
    {"name": "purchases", "partitions": 4, "retention": "168h", "key": ["card"], "deletionPolicy": "Delete",
     "eventTime": {"field": "ts", "maxOutOfOrder": "10s", "maxAhead": "2h", "idleTimeout": "1m"},
     "value": {"fields": [{"name": "card", "type": "VARCHAR"}, {"name": "shop", "type": "VARCHAR"},
                          {"name": "ts", "type": "TIMESTAMP", "required": true}]}}],
  "processors": [
    {"name": "turnover-per-shop", "from": ["purchases"], "to": "turnover", "window": {"tumbling": {"size": "1m"}},
     "key": ["shop"], "start": "latest", "scale": {"min": 2, "max": 4},
     "sql": {"query": "SELECT shop, window_start, count(*) AS n FROM purchases GROUP BY shop, window_start"}}]})";

PipelineSpec turnover_spec(const std::string& part = "", const std::string& replacement = "") {
  std::string text = kRepartitioned;
  if (!part.empty()) {
    REQUIRE(text.find(part) != std::string::npos);
    text.replace(text.find(part), part.size(), replacement);
  }
  return read(json(text));
}

PipelineSpec expanded(const PipelineSpec& spec) {
  const auto checked = check_graph(spec);
  REQUIRE_MESSAGE(checked.ok(), checked.error().message);
  auto out = expand(spec, "shop", "fraud");
  REQUIRE_MESSAGE(out.ok(), out.error().message);
  REQUIRE(check_graph(*out).ok());
  return *out;
}

}  // namespace

TEST_CASE("a window whose groups do not hold the topic's key reads a copy that is keyed as they are") {
  const PipelineSpec spec = expanded(turnover_spec());
  REQUIRE(spec.processors.size() == 2);
  REQUIRE(spec.topics.size() == 2);
  const Processor& windowed = spec.processors[0];
  const Processor& copies = spec.processors[1];
  const Topic& copy = spec.topics[1];
  CHECK(copies.name.starts_with("turnove-rekey-"));
  CHECK(copies.name.size() == 18);
  CHECK(copies.from == "purchases");
  CHECK(copies.query == "SELECT * FROM \"purchases\"");
  CHECK(copies.key == std::vector<std::string>{"shop"});
  CHECK(copies.exactly_once);
  CHECK_FALSE(copies.window);
  CHECK(copies.start == Start::latest);
  CHECK(copies.scale->min == 2);
  CHECK(copies.purpose == "keys purchases by shop for turnover-per-shop");
  CHECK(copies.to == "tidegate.shop.fraud." + copies.name + ".repartition");
  CHECK(copy.name == copies.to);
  CHECK(copy.partitions == 4);
  CHECK(copy.key == std::vector<std::string>{"shop"});
  CHECK(copy.fields == spec.topics[0].fields);
  CHECK(copy.retention == spec.topics[0].retention);
  CHECK(copy.deletion_policy == DeletionPolicy::remove);
  CHECK(copy.event_time->field == "ts");
  CHECK(copy.event_time->max_out_of_order == Duration{0});
  CHECK(copy.event_time->max_ahead == std::chrono::hours(2));
  CHECK_FALSE(copy.event_time->idle_timeout);
  CHECK(windowed.from == copy.name);
  CHECK(table_of(windowed) == "purchases");
  CHECK(windowed.start == Start::earliest);  // of the copy, which begins where the pipeline does
  CHECK(grouping_key(spec, windowed) == std::vector<std::string>{"shop"});
  CHECK(follows_event_time(spec, copies));
  CHECK(expanded(spec).processors.size() == 2);  // nothing is left to do
}

TEST_CASE("another key is another stage and topic") {
  const PipelineSpec by_shop = expanded(turnover_spec());
  const PipelineSpec by_both =
      expanded(turnover_spec(R"("key": ["shop"])", R"("key": ["shop", "window_start", "ts"])"));
  CHECK(by_both.processors[1].key == std::vector<std::string>{"shop", "ts"});
  CHECK(by_both.processors[1].name != by_shop.processors[1].name);
  CHECK(by_both.topics[1].name != by_shop.topics[1].name);
}

TEST_CASE("a window over everything reads a copy with one partition") {
  const PipelineSpec spec =
      expanded(turnover_spec(R"({"tumbling": {"size": "1m"}})", R"({"global": true, "tumbling": {"size": "1m"}})"));
  REQUIRE(spec.processors.size() == 2);
  CHECK(spec.topics[1].partitions == 1);
  CHECK(spec.processors[1].key.empty());
  CHECK(grouping_key(spec, spec.processors[0]).empty());
  CHECK(spec.processors[1].purpose == "puts purchases into one partition for the global window of turnover-per-shop");
  const PipelineSpec one = turnover_spec(R"("partitions": 4)", R"("partitions": 1)");
  CHECK(expanded(one).processors.size() == 1);
}

TEST_CASE("where each group lies in one partition already - nothing is copied") {
  CHECK(expanded(turnover_spec(R"("key": ["shop"])", R"("key": ["shop", "card"])")).processors.size() == 1);
  CHECK(expanded(turnover_spec(R"("key": ["shop"])", R"("key": ["card", "window_start"])")).processors.size() == 1);
  CHECK(expanded(turnover_spec(R"("key": ["shop"],)", "")).processors.size() == 1);
  // Its groups must hold the topic's key then.
  const PipelineSpec spec = expanded(turnover_spec(R"("key": ["shop"])", R"("key": ["window_start"])"));
  CHECK(spec.processors.size() == 1);
  CHECK(grouping_key(spec, spec.processors[0]) == std::vector<std::string>{"card"});
}

TEST_CASE("a topic that nobody keys is copied by the processor's key") {
  const PipelineSpec spec = expanded(turnover_spec(R"("key": ["card"], )", ""));
  REQUIRE(spec.processors.size() == 2);
  CHECK(spec.topics[1].key == std::vector<std::string>{"shop"});
}

TEST_CASE("a key that records do not have is refused") {
  const auto checked = check_graph(turnover_spec(R"("key": ["shop"])", R"("key": ["branch"])"));
  REQUIRE_FALSE(checked.ok());
  CHECK(checked.error().message.starts_with(
      "spec.processors[turnover-per-shop].key: 'branch' is no field of topic 'purchases'"));
}

TEST_CASE("an internal stage takes nobody's name") {
  const PipelineSpec first = expanded(turnover_spec());
  PipelineSpec spec = turnover_spec();
  Sink sink;
  sink.name = first.processors[1].name;
  sink.from = "turnover";
  spec.sinks.push_back(sink);
  const auto refused = expand(spec, "shop", "fraud");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().reason == "InvalidSpec");
  CHECK(refused.error().message.find("rename") != std::string::npos);
}
