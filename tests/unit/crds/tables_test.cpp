#include "crds/tables.h"

#include <doctest/doctest.h>

#include "crds/graph.h"
#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::crds;

namespace {

constexpr const char* kJoin = R"({
  "kafka": {"managed": {"storage": {"size": "1Gi"}}},
  "topics": [
    {"name": "flights", "partitions": 4, "key": ["id"],
     "value": {"fields": [{"name": "id", "type": "BIGINT"}, {"name": "origin", "type": "VARCHAR"}]}},
    {"name": "airports", "partitions": 1, "key": ["code"], "compacted": true,
     "value": {"fields": [{"name": "code", "type": "VARCHAR", "required": true}, {"name": "name", "type": "VARCHAR"}]}},
    {"name": "theirs", "existing": true, "key": ["code"], "value": {"fields": [{"name": "code", "type": "VARCHAR"}]}}],
  "processors": [
    {"name": "enrich", "from": ["flights"], "tables": ["airports", "theirs"], "to": "named",
     "sql": {"query": "SELECT id, name FROM flights JOIN airports ON code = origin"}}]})";

std::string with(const std::string& part, const std::string& replacement) {
  std::string text = kJoin;
  const std::size_t at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), replacement);
}

std::string refusal(const std::string& text) {
  const auto checked = check_graph(read(json(text)));
  REQUIRE_FALSE(checked.ok());
  CHECK(checked.error().reason == "InvalidSpec");
  return checked.error().message;
}

void check_says(const std::string& text, const std::string& part) {
  const std::string message = refusal(text);
  CAPTURE(message);
  CHECK(message.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("tables come to the worker with their keys and fields") {
  const PipelineSpec spec = read(json(kJoin));
  CHECK(check_graph(spec).ok());
  const Json tables = tables_request(spec, spec.processors[0]);
  REQUIRE(tables.items().size() == 2);
  CHECK(tables.items()[0] == json(R"({"topic": "airports", "key": ["code"], "fields": [
    {"name": "code", "type": "VARCHAR", "required": true}, {"name": "name", "type": "VARCHAR"}]})"));
  CHECK(tables.items()[1].get("topic").as_string() == "theirs");
}

TEST_CASE("what cannot be a table is refused by name") {
  check_says(with(R"(["airports", "theirs"])", R"(["flights"])"), "'flights' is the topic that it reads");
  check_says(with(R"(["airports", "theirs"])", R"(["named"])"), "'named' is the topic that it writes");
  check_says(with(R"(["airports", "theirs"])", R"(["airports", "airports"])"), "'airports' is named twice");
  check_says(with(R"(["airports", "theirs"])", R"(["nowhere"])"), "'nowhere' is not one of spec.topics");
  check_says(with(R"("existing": true, "key": ["code"],)", R"("existing": true,)"), "'theirs' needs a key");
  check_says(with(R"("key": ["code"], "compacted": true,)", R"("key": ["code"],)"),
             "'airports' must have compacted: true");
  check_says(with(R"("to": "named",)", R"("to": "named", "window": {"tumbling": {"size": "1m"}},)"), "eventTime");
}

TEST_CASE("tables and a window do not go together") {
  std::string text =
      with(R"({"name": "id", "type": "BIGINT"},)",
           R"({"name": "id", "type": "BIGINT"}, {"name": "ts", "type": "TIMESTAMP", "required": true},)");
  const auto put = [&](const std::string& part, const std::string& replacement) {
    text.replace(text.find(part), part.size(), replacement);
  };
  put(R"("key": ["id"],)", R"("key": ["id"], "eventTime": {"field": "ts"},)");
  put(R"("to": "named",)", R"("to": "named", "window": {"tumbling": {"size": "1m"}},)");
  check_says(text, "not together with window");
}

TEST_CASE("a compacted topic needs a last record of each key - for ever") {
  const std::string compacted = R"("compacted": true,)";
  check_says(with(compacted, R"("compacted": true, "retention": "1h",)"), ".retention");
  check_says(with(R"("existing": true, "key")", R"("existing": true, "compacted": true, "key")"), "existing: true");
  check_says(with(R"("key": ["code"], "compacted")", R"("compacted")"), "needs key");
  check_says(with(R"({"name": "code", "type": "VARCHAR", "required": true})", R"({"name": "code", "type": "VARCHAR"})"),
             "'code' must be a field with required: true");
  check_says(with(R"("to": "named",)", R"("to": "airports", "key": ["name"],)"), ".key: topic 'airports' is compacted");
}

TEST_CASE("a processor comes after the one that writes its table - and round they cannot go") {
  const std::string writer = R"({"name": "make", "from": ["flights"], "to": "airports",
    "sql": {"query": "SELECT origin AS code, '' AS name FROM flights"}}]})";
  const std::string text = with(R"(ON code = origin"}}]})", R"(ON code = origin"}}, )" + writer);
  const PipelineSpec spec = read(json(text));
  REQUIRE(check_graph(spec).ok());
  const auto order = in_flow_order(spec);
  REQUIRE(order.size() == 2);
  CHECK(order[0]->name == "make");
  CHECK(order[1]->name == "enrich");

  std::string round = text;
  const std::string from = R"("make", "from": ["flights"])";
  round.replace(round.find(from), from.size(), R"("make", "from": ["named"])");
  check_says(round, "cycle");
}
