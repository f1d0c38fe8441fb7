#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/controllers/world.h"
#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::controllers;

namespace {

Json spec(const std::string& policy) {
  Json out = crds::fraud_spec();
  out["kafka"] = crds::json(R"({"clusterRef": {"name": "shared"}})");
  Json topic = out.at("topics/0");
  topic["deletionPolicy"] = policy;
  out["topics"] = Json::array({topic});
  return out;
}

void start(World& world, const std::string& policy) {
  world.api.put(kinds::kafka_clusters, crds::json(R"({"metadata": {"name": "shared", "namespace": "shop"},
                                                      "spec": {"storage": {"size": "1Gi"}}})"));
  world.apply(spec(policy));
  world.settle();
  world.work();
  world.settle();
}

}  // namespace

TEST_CASE("topics stay by default and no finalizer holds the pipeline") {
  World world;
  start(world, "Retain");
  CHECK(world.pipeline().at("metadata/finalizers").is_null());
  world.api.user_delete(kinds::pipelines, "shop", "fraud");
  world.settle();
  CHECK(world.pipeline().is_null());
  CHECK(world.kafka->topics.count("payments") == 1);
}

TEST_CASE("Delete removes the topics that we made after the workers are gone with their groups") {
  World world;
  start(world, "Delete");
  CHECK(world.pipeline().at("metadata/finalizers/0").as_string() == kFinalizer);
  const auto hold = [&](const Json& finalizers) {  // pods take a while to end
    for (const Json& pod : world.api.all(kinds::pods)) {
      world.api.edit(kinds::pods, "shop", pod.at("metadata/name").as_string(),
                     [&](Json& live) { live["metadata"]["finalizers"] = finalizers; });
    }
  };
  hold(Json::array({"test/slow"}));
  world.api.user_delete(kinds::pipelines, "shop", "fraud");
  for (int i = 0; i < 3; ++i) world.round();
  CHECK(world.kafka->topics.count("payments") == 1);
  hold(Json::Array{});
  world.settle();
  CHECK(world.pipeline().is_null());
  CHECK(world.kafka->topics.count("payments") == 0);
  CHECK(world.kafka->topics.count("alerts") == 1);
  CHECK(world.kafka->deleted_groups == std::vector<std::string>{kGroup});
}

TEST_CASE("a topic that was there before is used and never deleted") {
  World world;
  REQUIRE(world.kafka->create_topic({"payments", 4, 1, {}}).ok());
  start(world, "Delete");
  CHECK(world.condition("Ready").at("status").as_string() == "True");
  world.api.user_delete(kinds::pipelines, "shop", "fraud");
  world.settle();
  CHECK(world.pipeline().is_null());
  CHECK(world.kafka->topics.count("payments") == 1);
}

TEST_CASE("a topic that somebody made again is not the one we may delete") {
  World world;
  start(world, "Delete");
  world.kafka->topics.erase("payments");
  REQUIRE(world.kafka->create_topic({"payments", 4, 1, {}}).ok());
  world.api.user_delete(kinds::pipelines, "shop", "fraud");
  world.settle();
  CHECK(world.pipeline().is_null());
  CHECK(world.kafka->topics.count("payments") == 1);
}

TEST_CASE("a Kafka that does not answer delays deletion by two minutes not for ever") {
  World world;
  start(world, "Delete");
  world.kafka->up = false;
  world.api.user_delete(kinds::pipelines, "shop", "fraud");
  for (int i = 0; i < 5; ++i) {
    world.pass(Duration(6000));
    world.round();
  }
  CHECK_FALSE(world.pipeline().is_null());
  for (int i = 0; i < 25; ++i) {
    world.pass(Duration(6000));
    world.round();
  }
  CHECK(world.pipeline().is_null());
  CHECK(world.events.has("Warning TopicsKept"));
}

TEST_CASE("a crash anywhere during deletion still ends it") {
  for (int at = 1; at <= 12; ++at) {
    CAPTURE(at);
    World world;
    start(world, "Delete");
    world.api.user_delete(kinds::pipelines, "shop", "fraud");
    world.api.fail_at = world.api.requests + at;
    world.api.fault = at % 2 ? FakeApi::Fault::before : FakeApi::Fault::after;
    for (int i = 0; i < 10; ++i) {
      world.pass(Duration(1000));
      world.round();
      if (i == 3) world.restart();
    }
    CHECK(world.pipeline().is_null());
    CHECK(world.kafka->topics.count("payments") == 0);
  }
}
