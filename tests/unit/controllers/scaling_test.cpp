// Autoscaling through the controller: from commits in Kafka to the replicas of a workload.
#include <doctest/doctest.h>

#include "controllers/scaling/explain.h"
#include "crds/names.h"
#include "tests/unit/controllers/world.h"

using namespace tidegate;
using namespace tidegate::controllers;

namespace {

const char* const kSpec = R"({
  "objectives": {"latency": "5s"},
  "kafka": {"managed": {"storage": {"size": "1Gi"}}},
  "topics": [{"name": "payments", "partitions": 8, "value": {"fields": [
    {"name": "card", "type": "VARCHAR"}, {"name": "amount", "type": "DOUBLE"}]}}],
  "processors": [{"name": "score", "from": ["payments"], "to": "alerts", "sql": {"query": "SELECT card, amount FROM payments"},
                  "scale": {"min": 1, "max": 8}}]})";

// Workers of `score` that take a thousand records a second each, seconds after they are asked for.
struct Load {
  World world;
  std::int64_t position = 0, end = 0, busy_us = 0;

  explicit Load(const std::string& spec = kSpec) {
    world.apply(*Json::parse(spec));
    world.settle();
    world.work();
    world.settle();
  }
  Json workload() const { return world.api.find(kinds::stateful_sets, "shop", crds::stage_child("fraud", "score")); }
  Observer& observer() const { return *world.observers->find("shop/fraud"); }
  int replicas() const { return static_cast<int>(workload().at("spec/replicas").as_int()); }

  void run(int seconds, std::int64_t rate) {
    for (int i = 0; i < seconds; ++i) {
      pass(Duration(1000), rate);
      world.scaler->evaluate(observer());
    }
  }
  // Up to the next look.
  void pass(Duration time, std::int64_t rate) {
    const int working = std::max(replicas(), 1);
    end += rate * time.count() / 1000;
    const std::int64_t taken = std::min<std::int64_t>(end - position, working * time.count());
    position += taken;
    busy_us += taken * 1000;
    for (int p = 0; p < 8; ++p) {
      auto& log = world.kafka->topics.at("payments").log[static_cast<std::size_t>(p)];
      log.stable = log.end = end / 8;
      kafka::CommitMetadata metadata;
      metadata.position = metadata.records_in = metadata.records_out = std::min(position / 8, log.stable);
      metadata.busy_us = busy_us / 8;
      metadata.wait_us = 0;
      metadata.by = p % working;
      metadata.at_ms = world.now.count();
      world.kafka->commit(kGroup, p, metadata);
    }
    world.pass(time);
    world.round();
  }
};

}  // namespace

TEST_CASE("replicas follow the load and say why") {
  Load load;
  CHECK(load.replicas() == 1);
  load.run(30, 500);
  CHECK(load.replicas() == 1);
  load.run(10, 4500);
  CHECK(load.replicas() >= 5);
  CHECK(load.world.events.has("Normal ScaledOut: score: from 1 to "));
  load.run(60, 4500);
  CHECK(load.world.stage("score").at("scaling").is_string());
  CHECK(load.world.stage("score").at("scalingMessage").as_string().find("records/s") != std::string::npos);
  CHECK(load.world.condition("ScalingActive").at("status").as_string() == "True");
  load.run(120, 500);
  CHECK(load.replicas() == 1);
  CHECK(load.world.events.has("Normal ScaledIn: score: "));
  CHECK(load.world.failures.empty());
}

TEST_CASE("a step is confirmed by a look that comes soon") {
  Load load;
  load.run(30, 500);
  Observer& observer = load.observer();
  CHECK(observer.rest() == Observer::kRound);
  load.pass(Observer::kRound, 4500);
  load.world.scaler->evaluate(observer);
  CHECK_FALSE(load.world.events.has("Normal ScaledOut"));
  REQUIRE(observer.rest() == Observer::kSoon);
  load.pass(Observer::kSoon, 4500);
  load.world.scaler->evaluate(observer);
  load.world.round();
  CHECK(load.replicas() >= 5);
  CHECK(observer.rest() == Observer::kRound);
}

TEST_CASE("pipelines on another cluster wait for their own observer") {
  Load load;
  load.run(30, 500);
  const auto other = load.world.observers->get("shop/other", []() -> Result<std::shared_ptr<KafkaLink>> {
    return Error{"KafkaUnavailable", "none"};
  });
  for (int i = 0; i < 10; ++i) {
    load.pass(Observer::kRound, 4500);
    load.world.scaler->evaluate(*other);
  }
  CHECK(load.replicas() == 1);
}

TEST_CASE("scaling changes neither settings nor template") {
  Load load;
  load.run(30, 500);
  const Json before = load.workload().at("spec/template");
  load.run(20, 4500);
  REQUIRE(load.replicas() > 1);
  CHECK(load.workload().at("spec/template") == before);
}

TEST_CASE("a new operator keeps what runs and what was learned") {
  Load load;
  load.run(30, 500);
  load.run(20, 4500);
  const int before = load.replicas();
  REQUIRE(before > 1);
  CHECK_FALSE(load.world.api.find(kinds::config_maps, "shop", "fraud-learned").is_null());
  load.world.restart();
  for (int i = 0; i < 3; ++i) load.world.round();
  CHECK(load.world.condition("ScalingActive").at("status").as_string() == "Unknown");  // nothing was decided yet
  load.run(5, 4500);
  CHECK(load.replicas() == before);
  CHECK(load.world.condition("ScalingActive").at("status").as_string() == "True");
  CHECK_FALSE(load.world.events.has("Warning NotEvaluated"));
}

TEST_CASE("an edit of something else does not reset the number") {
  Load load;
  load.run(30, 500);
  load.run(20, 4500);
  const int before = load.replicas();
  Json spec = *Json::parse(kSpec);
  spec["objectives"]["latency"] = "10s";
  load.world.apply(spec);
  load.run(3, 4500);
  CHECK(load.replicas() == before);
}

TEST_CASE("Kafka away holds what there is") {
  Load load;
  load.run(30, 500);
  load.run(60, 4500);
  const int before = load.replicas();
  load.world.kafka->up = false;
  load.run(150, 100);
  CHECK(load.replicas() == before);
  CHECK(load.world.condition("ScalingActive").at("status").as_string() == "False");
  CHECK(load.world.condition("ScalingActive").at("reason").as_string() == "FiguresUnknown");
}

TEST_CASE("annotations pause and make a dry run and mistakes in them are named") {
  Load load;
  const auto annotate = [&](const char* name, const char* value) {
    load.world.api.edit(kinds::pipelines, "shop", "fraud", [&](Json& live) {
      live["metadata"]["annotations"] = Json(Json::Object{{name, Json(value)}});
    });
  };
  load.run(30, 500);
  annotate(kPauseScaleOut, "score");
  load.run(10, 4500);
  CHECK(load.replicas() == 1);
  annotate(kScaling, "recommend");
  load.run(60, 4500);
  CHECK(load.replicas() == 1);
  CHECK(load.world.stage("score").at("desiredReplicas").as_int() > 1);
  annotate(kPauseScaleIn, "scroe");
  load.run(2, 4500);
  CHECK(load.world.condition("ScalingActive").at("message").as_string().find("scroe") != std::string::npos);
  CHECK(load.world.condition("ScalingActive").at("status").as_string() == "True");  // scaling goes on
  CHECK(load.world.events.has("Warning InvalidAnnotation: "));
}

TEST_CASE("a stage that may stand empty works once first so that it has a position to be woken from") {
  Json spec = *Json::parse(kSpec);
  Json processor = spec.at("processors/0");
  processor["scale"]["min"] = 0;
  processor["start"] = "latest";
  spec["processors"] = Json::array({processor});
  const Load load(spec.dump());
  CHECK(load.replicas() == 1);
}

TEST_CASE("a pipeline without scale is left alone") {
  Json spec = *Json::parse(kSpec);
  spec["processors"] = Json::array({spec.at("processors/0")});
  Json stage = spec.at("processors/0");
  stage.erase("scale");
  stage["replicas"] = 2;
  spec["processors"] = Json::array({stage});
  Load load(spec.dump());
  load.run(60, 4500);
  CHECK(load.replicas() == 2);
  CHECK(load.world.condition("ScalingActive").is_null());
}

TEST_CASE("a process that stands by says so in words that the command line shows") {
  const auto [status, body] = explain_answer(nullptr, {"shop", "fraud"});
  CHECK(status == 503);
  CHECK(body.at("kind").as_string() == "Status");
  CHECK(body.at("message").as_string().find("stands by") != std::string::npos);
}

TEST_CASE("decisions are explained over http with every figure") {
  Load load;
  load.run(40, 500);
  const auto asked = explain_request("/explain?namespace=shop&pipeline=fraud");
  REQUIRE(asked);
  const auto answer = explain(*load.world.scaler, *asked);
  REQUIRE(answer);
  const Json& entries = answer->at("stages/score");
  REQUIRE(entries.items().size() > 0);
  CHECK_FALSE(explain_request("/metrics"));
  CHECK_FALSE(explain(*load.world.scaler, {"shop", "other"}));
  CHECK(explain_answer(load.world.scaler.get(), *asked).first == 200);
  CHECK(explain_answer(load.world.scaler.get(), {"shop", "other"}).first == 404);
}
