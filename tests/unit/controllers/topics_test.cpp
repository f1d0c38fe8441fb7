#include "controllers/pipeline/topics.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "common/base/text.h"
#include "crds/repartition.h"
#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::controllers;

namespace {

const PipelineContext kContext{"shop", "fraud", "install1", "k:9092", "w:1", "IfNotPresent"};

Accepted accepted(const Json& spec) {
  auto parsed = crds::pipeline_from_json(spec);
  REQUIRE(parsed.ok());
  return {spec, *parsed, {}};
}

WantedTopic want(const std::string& name, int partitions) {
  WantedTopic out;
  out.name = name;
  out.partitions = partitions;
  return out;
}

}  // namespace

TEST_CASE("topics are those declared outputs that nobody declared and dead letters of each reader") {
  const auto wanted = wanted_topics(kContext, accepted(crds::fraud_spec()));
  std::vector<std::string> names;
  for (const auto& topic : wanted) names.push_back(topic.name);
  CHECK(names == std::vector<std::string>{"payments", "alerts", "tidegate.shop.fraud.score.dead-letters",
                                          "tidegate.shop.fraud.show.dead-letters",
                                          "tidegate.shop.fraud.warehouse.dead-letters"});
  CHECK(wanted[1].like == "payments");
}

TEST_CASE("a source that takes no requests has dead letters") {
  for (const char* source : {R"("kafka": {"bootstrapServers": "o:9092", "topic": "theirs"})",
                             R"("file": {"volumeClaim": "arrivals", "path": "*"})"}) {
    Json spec = crds::fraud_spec();
    spec["sources"] = crds::json(cat(R"([{"name": "intake", "to": "payments", )", source, "}]"));
    const auto wanted = wanted_topics(kContext, accepted(spec));
    CHECK(std::any_of(wanted.begin(), wanted.end(), [](const WantedTopic& topic) {
      return topic.name == "tidegate.shop.fraud.intake.dead-letters";
    }));
  }
}

TEST_CASE("an undeclared output gets its inputs partitions also of an existing topic") {
  std::vector<WantedTopic> wanted{want("in", 0), want("out", 0)};
  wanted[0].existing = true;
  wanted[1].like = "in";
  auto plan = plan_topics(wanted, {}, {}, 1);
  CHECK(plan.create.empty());
  CHECK(plan.missing == std::vector<std::string>{"in"});
  plan = plan_topics(wanted, {}, {{"in", {"i", 7}}}, 1);
  REQUIRE(plan.create.size() == 1);
  CHECK(plan.create[0].partitions == 7);
}

TEST_CASE("a compacted topic is made one") {
  Json spec = crds::fraud_spec();
  spec["topics"].push_back(crds::json(R"({"name": "cards", "partitions": 2, "compacted": true, "key": ["card"],
    "value": {"fields": [{"name": "card", "type": "VARCHAR", "required": true}]}})"));
  for (const WantedTopic& topic : wanted_topics(kContext, accepted(spec))) {
    CHECK(topic.config.count("cleanup.policy") == (topic.name == "cards" ? 1 : 0));
    if (topic.name == "cards") CHECK(topic.config.at("cleanup.policy") == "compact");
  }
}

TEST_CASE("copies are as many as there are brokers at most three") {
  for (const auto& [brokers, copies] : std::map<int, int>{{0, 1}, {1, 1}, {2, 2}, {3, 3}, {9, 3}}) {
    CHECK(plan_topics({want("t", 1)}, {}, {}, brokers).create.at(0).replication_factor == copies);
  }
}

TEST_CASE("partitions are raised never lowered and never those of others") {
  WantedTopic topic = want("t", 4);
  CHECK(plan_topics({topic}, {}, {{"t", {"i", 2}}}, 1).raise.size() == 1);
  CHECK(plan_topics({topic}, {}, {{"t", {"i", 8}}}, 1).raise.empty());
  topic.existing = true;
  CHECK(plan_topics({topic}, {}, {{"t", {"i", 2}}}, 1).raise.empty());
}

TEST_CASE("what may be deleted later is recorded before it is made") {
  WantedTopic topic = want("t", 1);
  CHECK_FALSE(plan_topics({topic}, {}, {}, 1).record_first);
  topic.remove_with_pipeline = true;
  const auto plan = plan_topics({topic}, {}, {}, 1);
  CHECK(plan.record_first);
  CHECK(plan.records.at("t").created);
  CHECK(plan.records.at("t").id.empty());
  CHECK_FALSE(plan_topics({topic}, plan.records, {}, 1).record_first);  // the record is there: go on
  const auto after = plan_topics({topic}, plan.records, {{"t", {"id-1", 1}}}, 1);
  CHECK(after.records.at("t").created);
  CHECK(after.records.at("t").id == "id-1");
  CHECK(after.complete);
}

TEST_CASE("a topic that was there before is not recorded as ours") {
  CHECK_FALSE(plan_topics({want("t", 1)}, {}, {{"t", {"id-1", 1}}}, 1).records.at("t").created);
}

TEST_CASE("a topic of ours that somebody deleted is made again and said") {
  const TopicRecords records{{"t", {"id-1", 2, true}}};
  const auto plan = plan_topics({want("t", 2)}, records, {}, 1);
  CHECK(plan.recreated == std::vector<std::string>{"t"});
  CHECK(plan.create.size() == 1);
}

TEST_CASE("topics that we made stay on record when the spec no longer names them") {
  const TopicRecords records{{"old", {"id-1", 2, true}}, {"theirs", {"id-2", 2, false}}};
  const auto plan = plan_topics({}, records, {}, 1);
  CHECK(plan.records.count("old") == 1);
  CHECK(plan.records.count("theirs") == 0);
}

TEST_CASE("records survive the way through status") {
  const TopicRecords records{{"a", {"id-1", 2, true}}, {"b", {"", 3, true}}, {"c", {"id-3", 1, false}}};
  const TopicRecords back = read_topic_records(Json::object({{"topics", to_json(records)}}));
  CHECK(back.size() == 3);
  CHECK(back.at("a").id == "id-1");
  CHECK(back.at("b").created);
  CHECK_FALSE(back.at("c").created);
}

TEST_CASE("a copy of a topic that others made gets as many partitions as that has") {
  Json spec = crds::fraud_spec();
  spec["topics"] = crds::json(R"([{"name": "payments", "existing": true, "key": ["card"], "eventTime": {"field": "ts"},
    "value": {"fields": [{"name": "card", "type": "VARCHAR"}, {"name": "shop", "type": "VARCHAR"},
                         {"name": "ts", "type": "TIMESTAMP", "required": true}]}}])");
  Json windowed = spec.at("processors/0");
  windowed["window"] = crds::json(R"({"tumbling": {"size": "1m"}})");
  windowed["key"] = Json::array({"shop"});
  spec["processors"] = Json::array({windowed});
  Accepted made = accepted(spec);
  made.spec = crds::expand(made.spec, "shop", "fraud").value();
  const auto wanted = wanted_topics(kContext, made);
  REQUIRE(wanted.size() > 2);
  CHECK(wanted[1].name.ends_with(".repartition"));
  CHECK(wanted[1].like == "payments");
  const auto plan = plan_topics(wanted, {}, {{"payments", {"i", 7}}}, 1);
  CHECK(plan.create.at(0).name == wanted[1].name);
  CHECK(plan.create.at(0).partitions == 7);
}
