// Whatever request fails, and whether it had its effect or not, the world ends up the same.
#include <doctest/doctest.h>

#include "tests/unit/controllers/world.h"
#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::controllers;

namespace {

Json spec() {
  Json out = crds::fraud_spec();
  Json topic = out.at("topics/0");
  topic["deletionPolicy"] = "Delete";
  out["topics"] = Json::array({topic});
  return out;
}

// What matters of all objects: without what differs from run to run.
std::map<std::string, std::string> fixpoint(const World& world) {
  std::map<std::string, std::string> out;
  for (const auto* kind : {&kinds::pipelines, &kinds::kafka_clusters, &kinds::stateful_sets, &kinds::deployments,
                           &kinds::services, &kinds::config_maps}) {
    for (Json object : world.api.all(*kind)) {
      Json kept = Json::object(
          {{"labels", object.at("metadata/labels")}, {"spec", object.at("spec")}, {"data", object.at("data")}});
      kept["finalizers"] = object.at("metadata/finalizers");
      if (kind == &kinds::pipelines) {
        for (const Json& condition : object.at("status/conditions").items()) {
          kept["conditions"][condition.at("type").as_string()] =
              condition.at("status").as_string() + condition.at("reason").as_string();
        }
        for (const Json& topic : object.at("status/topics").items())
          kept["topics"][topic.at("name").as_string()] = topic.at("created");
      }
      // Names of ids differ with the uid.
      if (kind == &kinds::config_maps && kept.at("data").get("start.sh").is_string()) kept["data"].erase("start.sh");
      std::string text = kept.dump();
      out[kind->kind + " " + object.at("metadata/name").as_string()] = kind == &kinds::stateful_sets ? "" : text;
    }
  }
  for (const auto& [name, topic] : world.kafka->topics) out["topic " + name] = std::to_string(topic.state.partitions);
  return out;
}

void live(World& world, bool restart) {
  world.apply(spec());
  for (int i = 0; i < 9; ++i) {
    world.pass(Duration(1000));
    world.round();
    // The operator dies with the request that failed.
    if (restart && !world.failures.empty()) {
      world.restart();
      world.failures.clear();
    }
  }
  world.work();
  world.settle();
}

}  // namespace

TEST_CASE("a crash before or after any request leads to the same world") {
  World calm;
  live(calm, false);
  const auto expected = fixpoint(calm);
  REQUIRE(calm.condition("Ready").at("status").as_string() == "True");
  const int requests = calm.api.requests;
  REQUIRE(requests > 15);
  for (const auto fault : {FakeApi::Fault::before, FakeApi::Fault::after}) {
    for (int at = 1; at <= requests; ++at) {
      CAPTURE(at);
      CAPTURE(static_cast<int>(fault));
      World world;
      world.api.fail_at = at;
      world.api.fault = fault;
      live(world, true);
      CHECK(fixpoint(world) == expected);
      CHECK(world.api.uidless_deletes.empty());
    }
  }
}

TEST_CASE("a cache that lags behind does not lead to doubled or lost objects") {
  World world;
  world.apply(spec());
  world.api.lagging = true;
  for (int i = 0; i < 5; ++i) world.round();
  world.api.catch_up();
  world.round();
  world.settle();
  world.work();
  world.settle();
  World calm;
  live(calm, false);
  CHECK(fixpoint(world) == fixpoint(calm));
}
