#include <doctest/doctest.h>

#include <algorithm>

#include "common/base/text.h"
#include "controllers/kafkacluster/controller.h"
#include "tests/unit/controllers/world.h"
#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::controllers;

namespace {

crds::KafkaClusterSpec spec(int replicas) {
  crds::KafkaClusterSpec out;
  out.replicas = replicas;
  out.storage_size = "1Gi";
  return out;
}

std::string setting(const std::string& properties, const std::string& name) {
  for (const std::string& line : split(properties, '\n')) {
    if (line.rfind(name + "=", 0) == 0) return line.substr(name.size() + 1);
  }
  return "";
}

const ClusterIdentity kCluster{"shop", "c", "uid-1"};

Json child(int replicas, const std::string& kind, const crds::KafkaClusterSpec* given = nullptr) {
  for (const Child& item :
       plan_kafka(kCluster, given ? *given : spec(replicas), {"apache/kafka:4.1.2", "IfNotPresent", "tidegate:1"})) {
    if (item.kind.kind == kind) return item.object;
  }
  return {};
}

}  // namespace

TEST_CASE("ids have Kafkas form are stable and never look like an option") {
  for (int i = 0; i < 200; ++i) {
    const std::string id = kafka_uuid(std::to_string(i));
    CHECK(id.size() == 22);
    CHECK(id[0] != '-');
    CHECK(id == kafka_uuid(std::to_string(i)));
    CHECK((id.back() == 'A' || id.back() == 'Q' || id.back() == 'g' || id.back() == 'w'));  // 2 bits: no stray ones
  }
  CHECK(kafka_uuid("a") != kafka_uuid("b"));
}

TEST_CASE("copies follow the number of nodes") {
  const std::string one = server_properties(kCluster, spec(1)), three = server_properties(kCluster, spec(3));
  for (const char* name :
       {"default.replication.factor", "offsets.topic.replication.factor", "transaction.state.log.replication.factor"}) {
    CHECK(setting(one, name) == "1");
    CHECK(setting(three, name) == "3");
  }
  CHECK(setting(one, "min.insync.replicas") == "1");
  CHECK(setting(three, "min.insync.replicas") == "2");
  CHECK(setting(three, "controller.quorum.bootstrap.servers") ==
        "c-kafka-brokers-0.c-kafka-brokers.shop.svc:9093,c-kafka-brokers-1.c-kafka-brokers.shop.svc:9093,"
        "c-kafka-brokers-2.c-kafka-brokers.shop.svc:9093");
}

TEST_CASE("what the user sets counts what we own stays") {
  crds::KafkaClusterSpec changed = spec(1);
  changed.config = {
      {"log.segment.bytes", "1048576"}, {"offsets.topic.num.partitions", "3"}, {"auto.create.topics.enable", "true"}};
  const std::string properties = server_properties(kCluster, changed);
  CHECK(setting(properties, "log.segment.bytes") == "1048576");
  CHECK(setting(properties, "offsets.topic.num.partitions") == "3");
  CHECK(setting(properties, "auto.create.topics.enable") == "false");
}

TEST_CASE("one node stands alone three agree on their directory ids") {
  CHECK(start_script(kCluster, 1).find("--standalone") != std::string::npos);
  const std::string three = start_script(kCluster, 3);
  CHECK(three.find("--initial-controllers 0@c-kafka-brokers-0.c-kafka-brokers.shop.svc:9093:") != std::string::npos);
  CHECK(three == start_script(kCluster, 3));
}

TEST_CASE("another configuration rolls the nodes") {
  crds::KafkaClusterSpec changed = spec(1);
  changed.config = {{"log.segment.bytes", "1048576"}};
  const auto hash = [](const Json& set) {
    return set.at("spec/template/metadata/annotations").get("tidegate.io/config-hash").as_string();
  };
  CHECK(hash(child(1, "StatefulSet")) != hash(child(1, "StatefulSet", &changed)));
  CHECK(hash(child(1, "StatefulSet")) == hash(child(1, "StatefulSet")));
}

TEST_CASE("volumes follow the deletion policy the heap the memory a budget three nodes") {
  CHECK(child(1, "StatefulSet").at("spec/persistentVolumeClaimRetentionPolicy/whenDeleted").as_string() == "Retain");
  crds::KafkaClusterSpec changed = spec(1);
  changed.deletion_policy = crds::DeletionPolicy::remove;
  changed.resources.memory_limit = "2Gi";
  const Json set = child(1, "StatefulSet", &changed);
  CHECK(set.at("spec/persistentVolumeClaimRetentionPolicy/whenDeleted").as_string() == "Delete");
  CHECK(set.at("spec/template/spec/containers/0/env/0/value").as_string() == "-Xms1024m -Xmx1024m");
  CHECK(child(1, "PodDisruptionBudget").is_null());
  CHECK(child(3, "PodDisruptionBudget").at("spec/maxUnavailable") == Json(1));
}

TEST_CASE("a sidecar of ours tells how full a brokers volume is and cannot change it") {
  const Json pod = child(1, "StatefulSet").at("spec/template/spec");
  REQUIRE(pod.at("containers").items().size() == 2);
  const Json& kafka = pod.at("containers/0");
  const Json& sidecar = pod.at("containers/1");
  CHECK(sidecar.at("image").as_string() == "tidegate:1");
  CHECK(sidecar.at("command").strings() ==
        std::vector<std::string>{"tidegate-worker", "volume", "--path", "/var/lib/kafka/data", "--port", "9400"});
  CHECK(sidecar.at("ports/0/name").as_string() == "metrics");
  CHECK(sidecar.at("ports/0/containerPort") == Json(9400));
  REQUIRE(sidecar.at("volumeMounts").items().size() == 1);
  const Json& mount = sidecar.at("volumeMounts/0");
  CHECK(mount.at("name") == kafka.at("volumeMounts/1/name"));
  CHECK(mount.at("mountPath") == kafka.at("volumeMounts/1/mountPath"));
  CHECK(mount.at("readOnly") == Json(true));
}

TEST_CASE("ready means that brokers answer") {
  KafkaEvidence evidence;
  evidence.replicas = 3;
  evidence.pods.total = evidence.pods.running = evidence.pods.ready = 3;
  const auto ready = [&] { return judge_kafka(evidence).front(); };
  CHECK(ready().reason == "BrokersDoNotAnswer");
  evidence.reachable = true;
  evidence.brokers = 2;
  CHECK(ready().status == Truth::no);
  CHECK(ready().message == "2 of 3 brokers answer");
  evidence.brokers = 3;
  CHECK(ready().status == Truth::yes);
  evidence.brokers = 0;
  evidence.reachable = false;
  evidence.pods.running = evidence.pods.ready = 2;
  evidence.pods.problem = "pod c-kafka-brokers-2: Unschedulable: no memory";
  CHECK(ready().reason == "PodsFail");
  CHECK(ready().message == "pod c-kafka-brokers-2: Unschedulable: no memory (0 of 3 brokers answer)");
}

TEST_CASE("a cluster comes up and then nothing more is written") {
  World world;
  world.api.put(
      kinds::kafka_clusters,
      crds::json(R"({"metadata": {"name": "c", "namespace": "shop"}, "spec": {"storage": {"size": "1Gi"}}})"));
  const auto status = [&] { return world.api.find(kinds::kafka_clusters, "shop", "c").at("status"); };
  for (int i = 0; i < 4; ++i) {
    world.round();
    world.observers->find("shop/c")->tick();
  }
  CHECK(status().at("conditions/0/status").as_string() == "True");
  CHECK(status().at("bootstrapServers").as_string() == "c-kafka.shop.svc:9092");
  CHECK(status().at("readyReplicas") == Json(1));
  const std::size_t writes = world.api.writes.size();
  for (int i = 0; i < 4; ++i) world.round();
  CHECK(world.api.writes.size() == writes);
}
