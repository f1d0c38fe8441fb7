#include <doctest/doctest.h>

#include <algorithm>

#include "common/base/text.h"
#include "crds/names.h"
#include "tests/unit/controllers/world.h"
#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::controllers;

namespace {

std::string truth(const World& world, const char* type) {
  return world.condition(type).at("status").as_string();
}
std::string reason(const World& world, const char* type) {
  return world.condition(type).at("reason").as_string();
}

// A pipeline that runs, its workers alive.
void start(World& world, const Json& spec = crds::fraud_spec()) {
  world.apply(spec);
  world.settle();
  world.work();
  world.settle();
}

Json with_query(const std::string& query) {
  Json spec = crds::fraud_spec();
  Json processor = spec.at("processors/0");
  processor["sql"]["query"] = query;
  spec["processors"] = Json::array({processor});
  return spec;
}

// The stage.json that a workload mounts.
Json settings(const World& world, const std::string& workload) {
  const Json set = world.api.find(kinds::stateful_sets, "shop", workload);
  const std::string name = set.at("spec/template/spec/volumes/0/configMap/name").as_string();
  return *Json::parse(world.api.find(kinds::config_maps, "shop", name).at("data").get("stage.json").as_string());
}

const std::string kScore = crds::stage_child("fraud", "score");

}  // namespace

TEST_CASE("a pipeline comes up by itself and is ready when nothing arrives") {
  World world;
  start(world);
  CHECK(truth(world, "Ready") == "True");
  CHECK(reason(world, "Ready") == "Idle");
  CHECK(truth(world, "Reconciling") == "False");
  CHECK(truth(world, "Stalled") == "False");
  CHECK(world.pipeline().at("status/observedGeneration") == Json(1));
  CHECK(world.pipeline().at("status/kafka/bootstrapServers").as_string() == "fraud-kafka.shop.svc:9092");
  CHECK(world.kafka->topics.at("payments").config.at("retention.ms") == "604800000");
  CHECK(world.kafka->topics.at("alerts").state.partitions == 4);
  CHECK(world.kafka->topics.at("tidegate.shop.fraud.score.dead-letters").config.at("max.message.bytes") == "2097152");
  CHECK(settings(world, kScore).at("input/topic").as_string() == "payments");
  CHECK(world.stage("intake").at("url").as_string().find("http://fraud-intake-") == 0);
}

TEST_CASE("a second look at an unchanged world writes nothing") {
  World world;
  start(world);
  const std::size_t writes = world.api.writes.size();
  const int topics = world.kafka->writes;
  for (int i = 0; i < 8; ++i) {
    world.pass(Duration(1000));
    world.round();
  }
  CHECK(world.api.writes.size() == writes);
  CHECK(world.kafka->writes == topics);
}

TEST_CASE("a restarted operator writes nothing either and does not ask about queries again") {
  World world;
  start(world);
  const int asked = world.check.asked;
  world.restart();
  const std::size_t writes = world.api.writes.size();
  const std::size_t events = world.events.all.size();
  world.round();
  world.round();
  CHECK(truth(world, "Ready") == "True");
  for (int i = 0; i < 3; ++i) world.round();
  // Rates are not known at once again; that may be said once, in figures.
  CHECK(world.api.writes.size() - writes <= 1);
  CHECK(world.events.all.size() == events);
  CHECK(world.check.asked == asked);
}

TEST_CASE("creating costs few status writes") {
  World world;
  start(world);
  const auto writes = std::count_if(world.api.writes.begin(), world.api.writes.end(),
                                    [](const std::string& write) { return write.rfind("status Pipeline", 0) == 0; });
  CHECK(writes <= 6);
}

TEST_CASE("a wrong query is refused by name while the last good version runs on and is healed") {
  World world;
  start(world);
  const Json before = settings(world, kScore);
  world.apply(with_query("SELEC card FROM payments"));
  world.settle();
  CHECK(truth(world, "Stalled") == "True");
  CHECK(reason(world, "Stalled") == "InvalidQuery");
  CHECK(world.condition("Stalled").at("message").as_string().rfind("spec.processors[score].sql.query: syntax error",
                                                                   0) == 0);
  CHECK(truth(world, "Ready") == "True");
  CHECK(world.pipeline().at("status/observedGeneration") == Json(2));
  CHECK(world.events.has("Warning InvalidQuery"));
  CHECK(settings(world, kScore) == before);

  world.api.user_delete(kinds::stateful_sets, "shop", kScore);
  world.restart();  // also a new operator runs the last good version
  world.settle();
  CHECK(settings(world, kScore) == before);

  world.apply(with_query("SELECT card, amount FROM payments"));
  world.settle();
  CHECK(truth(world, "Stalled") == "False");
  CHECK(settings(world, kScore).at("sql/query").as_string() == "SELECT card, amount FROM payments");
}

TEST_CASE("a pipeline that was never good runs nothing and says why") {
  World world;
  world.apply(with_query("SELEC 1"));
  world.settle();
  CHECK(truth(world, "Ready") == "False");
  CHECK(reason(world, "Ready") == "InvalidQuery");
  CHECK(world.api.all(kinds::stateful_sets).empty());
}

TEST_CASE("a check that itself fails is tried again and is nobodys mistake") {
  World world;
  world.apply(with_query("SELECT BROKEN"));
  world.round();
  CHECK(truth(world, "Stalled") == "False");
  CHECK(reason(world, "Ready") == "CheckFailed");
  REQUIRE_FALSE(world.failures.empty());
  CHECK(world.failures.back().find("the check broke") != std::string::npos);
}

TEST_CASE("a missing Secret is named with its field and waited for") {
  World world;
  const Json secret = world.api.find(kinds::secrets, "shop", "pg");
  world.api.user_delete(kinds::secrets, "shop", "pg");
  world.apply(crds::fraud_spec());
  world.settle();
  CHECK(reason(world, "Stalled") == "ReferenceNotFound");
  CHECK(world.condition("Stalled").at("message").as_string() ==
        "spec.sinks[warehouse].postgres.dsnSecretRef: there is no Secret 'pg' in namespace shop");
  world.api.put(kinds::secrets, secret);
  world.settle();
  CHECK(truth(world, "Stalled") == "False");
}

namespace {

Json spec_of_files() {
  Json spec = crds::fraud_spec();
  spec["sources"] =
      crds::json(R"([{"name": "in", "to": "payments", "file": {"volumeClaim": "arrivals", "path": "in/*"}}])");
  return spec;
}

Json volume_claim() {
  return crds::json(R"({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
    "metadata": {"name": "arrivals", "namespace": "shop"}})");
}

}  // namespace

TEST_CASE("a missing volume claim is named with its field and waited for") {
  World world;
  world.apply(spec_of_files());
  world.settle();
  CHECK(reason(world, "Stalled") == "ReferenceNotFound");
  CHECK(world.condition("Stalled").at("message").as_string() ==
        "spec.sources[in].file.volumeClaim: there is no PersistentVolumeClaim 'arrivals' in namespace shop");
  world.api.put(kinds::volume_claims, volume_claim());
  world.settle();
  CHECK(truth(world, "Stalled") == "False");
}

TEST_CASE("a source of files tells what it waits for and no lag") {
  World world;
  world.api.put(kinds::volume_claims, volume_claim());
  world.apply(spec_of_files());
  world.settle();
  kafka::CommitMetadata told;
  told.position = told.records_in = 1'000'000;
  told.dead_letters = 2;
  told.waiting = true;
  told.problem = "Volume: in/: No such file or directory";
  world.kafka->commit("tidegate.install1.shop.fraud.in", 0, told);
  world.pass(Duration(5'000));
  world.settle();
  const Json stage = world.stage("in");
  CHECK(stage.get("state").as_string() == "Waiting");
  CHECK(stage.get("message").as_string() == told.problem);
  CHECK(stage.get("deadLetters") == Json(2));
  CHECK_FALSE(stage.has("lagRecords"));
  CHECK_FALSE(stage.has("url"));
}

TEST_CASE("a missing KafkaCluster is named and waited for") {
  World world;
  Json spec = crds::fraud_spec();
  spec["kafka"] = crds::json(R"({"clusterRef": {"name": "shared"}})");
  world.apply(spec);
  world.settle();
  CHECK(world.condition("Stalled").at("message").as_string() ==
        "spec.kafka.clusterRef.name: there is no KafkaCluster 'shared' in namespace shop");
  world.api.put(kinds::kafka_clusters, crds::json(R"({"metadata": {"name": "shared", "namespace": "shop"},
                                                      "spec": {"storage": {"size": "1Gi"}}})"));
  world.settle();
  CHECK(truth(world, "Ready") == "True");
  CHECK(world.pipeline().at("status/kafka/cluster").as_string() == "shared");
}

TEST_CASE("the first to declare a topic owns it") {
  World world;
  Json shared = crds::fraud_spec();
  shared["kafka"] = crds::json(R"({"clusterRef": {"name": "shared"}})");
  world.api.put(kinds::kafka_clusters, crds::json(R"({"metadata": {"name": "shared", "namespace": "shop"},
                                                      "spec": {"storage": {"size": "1Gi"}}})"));
  world.apply(shared, "fraud");
  world.apply(shared, "second");
  world.settle();
  CHECK(truth(world, "Stalled") == "False");
  CHECK(world.condition("Stalled", "second").at("reason").as_string() == "TopicConflict");
  CHECK(world.condition("Stalled", "second").at("message").as_string().find("declared first by Pipeline shop/fraud") !=
        std::string::npos);
  world.api.user_delete(kinds::pipelines, "shop", "fraud");
  world.settle();
  CHECK(world.condition("Stalled", "second").at("status").as_string() == "False");
}

TEST_CASE("what is not ours is neither changed nor adopted") {
  World world;
  world.api.put(kinds::stateful_sets,
                Json::object({{"metadata", Json::object({{"name", kScore}, {"namespace", "shop"}})},
                              {"spec", Json::object({{"replicas", 7}})}}));
  const Json foreign = world.api.find(kinds::stateful_sets, "shop", kScore);
  world.apply(crds::fraud_spec());
  for (int i = 0; i < 5; ++i) world.round();
  CHECK(reason(world, "Stalled") == "NameTaken");
  CHECK(world.condition("Stalled").at("message").as_string().find(kScore) != std::string::npos);
  CHECK(world.api.find(kinds::stateful_sets, "shop", kScore).at("spec") == foreign.at("spec"));
  for (const std::string& write : world.api.writes) CHECK(write != "apply StatefulSet shop/" + kScore);
}

TEST_CASE("drift is corrected") {
  World world;
  start(world);
  world.api.edit(kinds::stateful_sets, "shop", kScore,
                 [](Json& set) { set["spec"]["podManagementPolicy"] = "OrderedReady"; });
  world.settle();
  CHECK(world.api.find(kinds::stateful_sets, "shop", kScore).at("spec/podManagementPolicy").as_string() == "Parallel");
}

TEST_CASE("another query is another ConfigMap and the old one goes when the rollout is done") {
  World world;
  start(world);
  const auto name = [&] {
    return world.api.find(kinds::stateful_sets, "shop", kScore)
        .at("spec/template/spec/volumes/0/configMap/name")
        .as_string();
  };
  const std::string old = name();
  world.apply(with_query("SELECT card, amount FROM payments WHERE amount > 99"));
  world.pass(Duration(1000));
  world.pods_start = false;  // the rollout hangs
  world.round();
  world.round();
  CHECK(name() != old);
  CHECK_FALSE(world.api.find(kinds::config_maps, "shop", old).is_null());
  CHECK(truth(world, "Reconciling") == "True");
  world.pods_start = true;
  world.settle();
  CHECK(world.api.find(kinds::config_maps, "shop", old).is_null());
}

TEST_CASE("a stage that left the spec leaves the cluster") {
  World world;
  start(world);
  Json spec = crds::fraud_spec();
  spec["sinks"] = Json::array({spec.at("sinks/0")});
  world.apply(spec);
  world.settle();
  CHECK(world.api.find(kinds::stateful_sets, "shop", crds::stage_child("fraud", "warehouse")).is_null());
  CHECK_FALSE(world.api.find(kinds::stateful_sets, "shop", crds::stage_child("fraud", "show")).is_null());
  CHECK(world.api.uidless_deletes.empty());
}

TEST_CASE("paused stops processors and sinks not sources and says so") {
  World world;
  start(world);
  Json spec = crds::fraud_spec();
  spec["paused"] = true;
  world.apply(spec);
  world.settle();
  CHECK(world.api.find(kinds::stateful_sets, "shop", kScore).at("spec/replicas") == Json(0));
  CHECK(world.api.find(kinds::deployments, "shop", crds::stage_child("fraud", "intake")).at("spec/replicas") ==
        Json(1));
  CHECK(truth(world, "Ready") == "False");
  CHECK(reason(world, "Ready") == "Paused");
  CHECK(world.stage("score").at("state").as_string() == "Paused");
}

TEST_CASE("a worker that freezes under load makes the pipeline not ready by name") {
  World world;
  start(world);
  world.kafka->append("payments", 2, 1000);
  world.pass(Duration(1000));
  world.round();
  world.round();
  CHECK(truth(world, "Ready") == "True");  // it has a moment to take them in
  for (int i = 0; i < 10; ++i) {
    world.pass(Duration(1000));
    world.round();
  }
  CHECK(truth(world, "Ready") == "False");
  CHECK(reason(world, "Ready") == "Stalled");
  CHECK(world.condition("Ready").at("message").as_string().rfind("processor score: records wait", 0) == 0);
  CHECK(world.events.has("Warning Stalled: processor score"));
  CHECK(world.stage("score").at("lagRecords") == Json(1000));
  const std::size_t writes = world.api.writes.size();
  for (int i = 0; i < 5; ++i) {
    world.pass(Duration(1000));
    world.round();
  }
  CHECK(reason(world, "Healthy") == "Stalled");
  CHECK(world.api.writes.size() == writes + 1);  // a long stall is no reason to write on and on
  world.work();
  world.pass(Duration(1000));
  world.round();
  world.round();
  CHECK(truth(world, "Ready") == "True");
}

TEST_CASE("a stage that waits says for what") {
  World world;
  start(world);
  kafka::CommitMetadata metadata;
  metadata.waiting = true;
  metadata.problem = "PostgreSQL: connection refused";
  world.kafka->commit("tidegate.install1.shop.fraud.warehouse", 0, metadata);
  for (int i = 0; i < 6; ++i) {
    world.pass(Duration(1000));
    world.round();
  }
  CHECK(reason(world, "Ready") == "Waiting");
  CHECK(world.condition("Ready").at("message").as_string() == "sink warehouse: PostgreSQL: connection refused");
}

TEST_CASE("Kafka going down is said and children are healed meanwhile") {
  World world;
  start(world);
  world.kafka->up = false;
  world.api.user_delete(kinds::stateful_sets, "shop", kScore);
  for (int i = 0; i < 6; ++i) {
    world.pass(Duration(5000));
    world.round();
  }
  CHECK(reason(world, "Ready") == "Waiting");
  CHECK(world.condition("Ready").at("message").as_string().find("waits for Kafka") != std::string::npos);
  CHECK_FALSE(world.api.find(kinds::stateful_sets, "shop", kScore).is_null());
  world.kafka->up = true;
  for (int i = 0; i < 4; ++i) {
    world.pass(Duration(1000));
    world.work();
    world.round();
  }
  CHECK(truth(world, "Ready") == "True");
}

TEST_CASE("a pod that fails is named in words") {
  World world;
  start(world);
  world.api.edit(kinds::pods, "shop", kScore + "-0", [](Json& pod) {
    pod["status"] = crds::json(R"({"conditions": [{"type": "Ready", "status": "False"}], "containerStatuses": [
      {"name": "worker", "ready": false, "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}]})");
  });
  world.round();
  CHECK(reason(world, "Ready") == "Failing");
  CHECK(world.condition("Ready").at("message").as_string() ==
        "processor score: pod " + kScore + "-0: ImagePullBackOff: no such image");
}

TEST_CASE("a container of the users that fails is named with its stage and its cure and told as an Event") {
  World world;
  Json spec = crds::fraud_spec();
  spec["sinks"] =
      crds::json(R"([{"name": "show", "from": "alerts", "container": {"image": "scorer", "command": ["serve"]}}])");
  start(world, spec);
  CHECK(truth(world, "Ready") == "True");
  const std::string set = crds::stage_child("fraud", "show");
  world.api.edit(kinds::pods, "shop", set + "-0", [](Json& pod) {
    pod["status"]["conditions"] = crds::json(R"([{"type": "Ready", "status": "False"}])");
    pod["status"]["initContainerStatuses"] = crds::json(R"([{"name": "user-container", "ready": false,
      "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 3}}}])");
  });
  world.round();
  const std::string told = cat("sink show: pod ", set, "-0: user-container: CrashLoopBackOff: exit code 3; ",
                               "see kubectl logs -c user-container --previous");
  CHECK(reason(world, "Ready") == "Failing");
  CHECK(world.condition("Ready").at("message").as_string() == told);
  CHECK(world.events.has("Warning Failing: " + told));
}

TEST_CASE("a Secret that a container of the users needs must be there") {
  World world;
  Json spec = crds::fraud_spec();
  spec["sinks"] = crds::json(R"([{"name": "show", "from": "alerts", "container": {"image": "scorer",
    "env": [{"name": "TOKEN", "valueSecretRef": {"name": "scorer", "key": "token"}}]}}])");
  world.apply(spec);
  world.settle();
  CHECK(world.condition("Stalled").at("message").as_string() ==
        "spec.sinks[show].container.env[TOKEN].valueSecretRef: there is no Secret 'scorer' in namespace shop");
}

TEST_CASE("more replicas than partitions is a warning not an error") {
  World world;
  Json spec = crds::fraud_spec();
  Json processor = spec.at("processors/0");
  processor["replicas"] = 6;
  spec["processors"] = Json::array({processor});
  start(world, spec);
  CHECK(truth(world, "Ready") == "True");
  CHECK(world.api.find(kinds::stateful_sets, "shop", kScore).at("spec/replicas") == Json(6));
  CHECK(world.stage("score").at("message").as_string().rfind("6 replicas, but topic payments has 4 partitions", 0) ==
        0);
  CHECK(std::count_if(world.events.all.begin(), world.events.all.end(), [](const std::string& event) {
          return event.find("ReplicasBeyondPartitions") != std::string::npos;
        }) == 1);
}

TEST_CASE("raised partitions and another retention reach the topic") {
  World world;
  start(world);
  Json spec = crds::fraud_spec();
  Json topic = spec.at("topics/0");
  topic["partitions"] = 6;
  topic["retention"] = "1h";
  spec["topics"] = Json::array({topic});
  world.apply(spec);
  world.settle();
  CHECK(world.kafka->topics.at("payments").state.partitions == 6);
  CHECK(world.kafka->topics.at("payments").config.at("retention.ms") == "3600000");
}

TEST_CASE("while only figures change status is written at most every 30 s") {
  World world;
  start(world);
  const std::size_t before = world.api.writes.size();
  for (int i = 0; i < 61; ++i) {
    world.kafka->append("payments", 0, 100 + i);
    world.work();
    world.pass(Duration(1000));
    world.round();
  }
  std::size_t pipeline_writes = 0;
  for (std::size_t i = before; i < world.api.writes.size(); ++i)
    pipeline_writes += world.api.writes[i] == "status Pipeline shop/fraud";
  CHECK(pipeline_writes >= 2);
  CHECK(pipeline_writes <= 8);  // states of three stages change from Idle to Flowing, then figures
  CHECK(reason(world, "Ready") == "Flowing");
  CHECK(world.stage("score").at("rateIn").as_double() > 50);
}

TEST_CASE("a window that needs another key gets a stage and a topic of its own which are like any others") {
  Json spec = crds::fraud_spec();
  spec["topics"] = crds::json(R"([{"name": "payments", "partitions": 4, "key": ["card"], "eventTime": {"field": "ts"},
    "value": {"fields": [{"name": "card", "type": "VARCHAR"}, {"name": "shop", "type": "VARCHAR"},
                         {"name": "ts", "type": "TIMESTAMP", "required": true}]}}])");
  Json windowed = spec.at("processors/0");
  windowed["window"] = crds::json(R"({"global": true, "tumbling": {"size": "1m"}})");
  spec["processors"] = Json::array({windowed});
  World world;
  world.apply(spec);
  world.settle();
  CHECK(truth(world, "Stalled") == "False");
  const Json status = world.pipeline().at("status");
  std::string internal;
  for (const Json& stage : status.at("stages").items()) {
    if (stage.at("name").as_string().starts_with("score-rekey-")) internal = stage.at("name").as_string();
  }
  REQUIRE_FALSE(internal.empty());
  const std::string topic = "tidegate.shop.fraud." + internal + ".repartition";
  CHECK(world.kafka->topics.at(topic).state.partitions == 1);
  const Json copies = settings(world, crds::stage_child("fraud", internal));
  CHECK(copies.at("input/topic").as_string() == "payments");
  CHECK(copies.at("output/topic").as_string() == topic);
  CHECK(copies.at("delivery").as_string() == "exactly-once");
  const Json score = settings(world, kScore);
  CHECK(score.at("input/topic").as_string() == topic);
  CHECK(score.at("sql/topic").as_string() == "payments");
  CHECK(score.at("input/key") == Json(Json::Array{}));
  // What was accepted is kept as its user wrote it; a restarted operator finds the same.
  world.restart();
  const int asked = world.check.asked;
  world.settle();
  CHECK(world.check.asked == asked);
  CHECK_FALSE(world.stage(internal).is_null());
}
