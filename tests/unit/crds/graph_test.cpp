#include "crds/graph.h"

#include <doctest/doctest.h>

#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::crds;

namespace {

std::string graph_error(const Json& spec) {
  const auto checked = check_graph(read(spec));
  return checked.ok() ? "" : checked.error().message;
}

Json processor(const std::string& name, const std::string& from, const std::string& to) {
  return Json::object({{"name", name},
                       {"from", Json::array({from})},
                       {"to", to},
                       {"sql", Json::object({{"query", "SELECT card FROM " + from}})}});
}

}  // namespace

TEST_CASE("a sound pipeline passes") {
  CHECK(graph_error(fraud_spec()) == "");
}

TEST_CASE("what does not hang together is refused by field") {
  Json spec = fraud_spec();
  SUBCASE("unknown input") {
    spec["processors"].push_back(processor("other", "nowhere", "out"));
    CHECK(graph_error(spec) == "spec.processors[1].from: no topic 'nowhere' in spec.topics and no processor writes it");
  }
  SUBCASE("a sink from nowhere") {
    spec["sinks"] = json(R"([{"name": "show", "from": "nowhere", "log": {}}])");
    CHECK(graph_error(spec) == "spec.sinks[0].from: no topic 'nowhere' in spec.topics and no processor writes it");
  }
  SUBCASE("a sink into the topic that it reads") {
    spec["kafka"] = json(R"({"external": {"bootstrapServers": "k:9092"}})");
    spec["sinks"] =
        json(R"([{"name": "copy", "from": "alerts", "kafka": {"bootstrapServers": "k:9092", "topic": "copies"}}])");
    CHECK(graph_error(spec) == "");
    spec["sinks"] =
        json(R"([{"name": "copy", "from": "alerts", "kafka": {"bootstrapServers": "k:9092", "topic": "alerts"}}])");
    CHECK(graph_error(spec) ==
          "spec.sinks[0].kafka.topic: is the topic that it reads; records would go round for ever");
  }
  SUBCASE("a source from the topic that it fills") {
    spec["kafka"] = json(R"({"external": {"bootstrapServers": "k:9092"}})");
    spec["sources"] =
        json(R"([{"name": "in", "to": "payments", "kafka": {"bootstrapServers": "o:9092", "topic": "payments"}}])");
    CHECK(graph_error(spec) == "");
    spec["sources"] =
        json(R"([{"name": "in", "to": "payments", "kafka": {"bootstrapServers": "k:9092", "topic": "payments"}}])");
    CHECK(graph_error(spec) ==
          "spec.sources[0].kafka.topic: is the topic that it fills; records would go round for ever");
  }
  SUBCASE("a source to a topic without fields") {
    spec["topics"].push_back(json(R"({"name": "alerts", "partitions": 1})"));
    spec["sources"] = json(R"([{"name": "intake", "to": "alerts", "http": {}}])");
    CHECK(graph_error(spec) == "spec.sources[0].to: 'alerts' is not one of spec.topics with value.fields");
  }
  SUBCASE("its own output") {
    spec["processors"].push_back(processor("loop", "alerts", "alerts"));
    CHECK(graph_error(spec) == "spec.processors[1].to: must not be the topic that it reads");
  }
  SUBCASE("a cycle") {
    spec["processors"].push_back(processor("there", "alerts", "back"));
    spec["processors"].push_back(processor("back", "back", "alerts"));
    CHECK(graph_error(spec).find("cycle") != std::string::npos);
  }
  SUBCASE("one name twice") {
    spec["sinks"] = json(R"([{"name": "score", "from": "alerts", "log": {}}])");
    CHECK(graph_error(spec).rfind("spec.sinks[0].name: 'score' is used twice", 0) == 0);
  }
  SUBCASE("a key that is no field") {
    spec["topics"] = json(R"([{"name": "payments", "partitions": 1, "key": ["iban"],
                               "value": {"fields": [{"name": "card", "type": "VARCHAR"}]}}])");
    CHECK(graph_error(spec) == "spec.topics[0].key: 'iban' is not one of value.fields");
  }
  SUBCASE("a topic that nobody writes needs fields") {
    spec["topics"].push_back(json(R"({"name": "more", "partitions": 1})"));
    CHECK(graph_error(spec) == "spec.topics[1].value.fields: is needed, because no processor writes to 'more'");
  }
  SUBCASE("no stage at all") {
    for (const char* list : {"sources", "processors", "sinks"}) spec.erase(list);
    CHECK(graph_error(spec).rfind("spec: a pipeline needs at least one", 0) == 0);
  }
}

TEST_CASE("processors are ordered by flow whatever their order in the spec") {
  Json spec = fraud_spec();
  spec["processors"] =
      Json::array({processor("third", "b", "c"), processor("second", "a", "b"), processor("first", "payments", "a")});
  spec["sinks"] = json(R"([{"name": "show", "from": "c", "log": {}}])");
  const PipelineSpec parsed = read(spec);
  REQUIRE(check_graph(parsed).ok());
  std::vector<std::string> names;
  for (const Processor* p : in_flow_order(parsed)) names.push_back(p->name);
  CHECK(names == std::vector<std::string>{"first", "second", "third"});
}

TEST_CASE("the output is keyed by the processors key else by its topics") {
  Json spec = fraud_spec();
  CHECK(output_key(read(spec), read(spec).processors[0]) == std::vector<std::string>{"card"});
  spec["processors"] = Json::array({processor("score", "payments", "alerts")});
  CHECK(output_key(read(spec), read(spec).processors[0]).empty());
  spec["topics"].push_back(json(R"({"name": "alerts", "partitions": 1, "key": ["amount"]})"));
  CHECK(output_key(read(spec), read(spec).processors[0]) == std::vector<std::string>{"amount"});
}
