#include "tests/unit/controllers/world.h"

#include <doctest/doctest.h>

#include "common/base/log.h"
#include "common/base/text.h"
#include "crds/names.h"

namespace tidegate::controllers {
namespace {

const Error kDown{"KafkaUnavailable", "no broker answers"};

}  // namespace

Result<int> FakeKafka::brokers() {
  if (!up) return kDown;
  return nodes;
}

Result<std::map<std::string, kafka::TopicState>> FakeKafka::describe_topics(const std::vector<std::string>& names) {
  if (!up) return kDown;
  std::map<std::string, kafka::TopicState> out;
  for (const std::string& name : names) {
    if (topics.count(name)) out[name] = topics[name].state;
  }
  return out;
}

Result<void> FakeKafka::create_topic(const kafka::TopicSpec& spec) {
  if (!up) return kDown;
  ++writes;
  if (topics.count(spec.name)) return Error{"TopicRefused", "Topic '" + spec.name + "' already exists."};
  Topic& topic = topics[spec.name];
  topic.state = {"id-" + std::to_string(++ids), spec.partitions};
  topic.config = spec.config;
  topic.log.resize(static_cast<std::size_t>(spec.partitions));
  topic.copies = spec.replication_factor;
  return {};
}

Result<void> FakeKafka::raise_partitions(const std::string& name, int partitions) {
  if (!up) return kDown;
  ++writes;
  topics[name].state.partitions = partitions;
  topics[name].log.resize(static_cast<std::size_t>(partitions));
  return {};
}

Result<void> FakeKafka::set_topic_config(const std::string& name, const std::map<std::string, std::string>& config) {
  if (!up) return kDown;
  ++writes;
  for (const auto& [key, value] : config) topics[name].config[key] = value;
  return {};
}

Result<std::map<std::string, std::string>> FakeKafka::topic_config(const std::string& name) {
  if (!up) return kDown;
  return topics[name].config;
}

Result<void> FakeKafka::delete_topic(const std::string& name) {
  if (!up) return kDown;
  ++writes;
  topics.erase(name);
  return {};
}

Result<std::map<std::string, std::vector<kafka::LogOffsets>>> FakeKafka::log_offsets(
    const std::map<std::string, int>& partitions) {
  if (!up) return kDown;
  if (!leaders) return Error{"KafkaError", "offsets of a: leader epoch is older than broker epoch"};
  std::map<std::string, std::vector<kafka::LogOffsets>> out;
  for (const auto& [name, count] : partitions) {
    if (topics.count(name)) out[name] = topics[name].log;
  }
  return out;
}

Result<std::vector<kafka::CommittedOffset>> FakeKafka::committed(const std::string& group, const std::string&,
                                                                 int partitions) {
  if (!up || !coordinator || group == lost_group) return kDown;
  std::vector<kafka::CommittedOffset> out(static_cast<std::size_t>(partitions));
  for (const auto& [partition, offset] : groups[group]) out[static_cast<std::size_t>(partition)] = offset;
  return out;
}

Result<void> FakeKafka::delete_group(const std::string& group) {
  if (!up) return kDown;
  deleted_groups.push_back(group);
  groups.erase(group);
  return {};
}

void FakeKafka::append(const std::string& name, int partition, std::int64_t records) {
  auto& log = topics.at(name).log.at(static_cast<std::size_t>(partition));
  log.end += records;
  log.stable = log.end;
}

void FakeKafka::commit(const std::string& group, int partition, kafka::CommitMetadata metadata) {
  groups[group][partition] = {metadata.position, metadata.encode()};
}

Result<std::vector<crds::Field>> FakeSqlCheck::columns(const Query& query) {
  ++asked;
  if (query.sql.find("SELEC ") != std::string::npos) return Error{"InvalidQuery", "syntax error at or near \"SELEC\""};
  if (query.sql.find("BROKEN") != std::string::npos) return Error{"CheckFailed", "the check broke"};
  if (query.sql.starts_with("SELECT * ")) return query.fields;
  return std::vector<crds::Field>{{"card", "VARCHAR", false}, {"amount", "DOUBLE", false}};
}

void RecordedEvents::record(const Json&, bool warning, const std::string& reason, const std::string& note) {
  all.push_back(cat(warning ? "Warning " : "Normal ", reason, ": ", note));
}

bool RecordedEvents::has(const std::string& start) const {
  for (const std::string& event : all) {
    if (event.rfind(start, 0) == 0) return true;
  }
  return false;
}

World::World() : caches_(api.caches()) {
  log::set_level(log::Level::error);
  for (const auto& [name, key] : std::map<std::string, std::string>{{"intake", "token"}, {"pg", "dsn"}}) {
    api.put(kinds::secrets, Json::object({{"metadata", Json::object({{"name", name}, {"namespace", "shop"}})},
                                          {"data", Json::object({{key, "c2VjcmV0"}})}}));
  }
  restart();
}

Clock World::clock() {
  return {[this] { return WallTime(std::chrono::seconds(1'767'225'600) + now); }, [this] { return SteadyTime(now); }};
}

void World::restart() {
  pipelines.reset();
  clusters.reset();
  const auto link = [this](auto&&...) -> Connector {
    return [this]() -> Result<std::shared_ptr<KafkaLink>> {
      if (!kafka->up) return kDown;
      return std::shared_ptr<KafkaLink>(kafka);
    };
  };
  observers =
      std::make_unique<Observers>(Observers::Options{[](const kube::Key&) {}, [](const kube::Key&) {}, clock(), false});
  Scaler::Options scaling;
  scaling.clock = clock();
  scaler = std::make_unique<Scaler>(caches_, events, intake, scaling);
  HealthMonitor::Options health;
  health.clock = clock();
  monitor = std::make_unique<HealthMonitor>(caches_, events, health);
  pipelines = std::make_unique<PipelineController>(
      api, caches_, events, check, *observers, *scaler, *monitor,
      PipelineController::Options{"install1", "tidegate/worker:1", "IfNotPresent", clock(), link});
  clusters = std::make_unique<KafkaClusterController>(
      api, caches_, events, *observers, *monitor,
      KafkaClusterController::Options{{"apache/kafka:1", "IfNotPresent", "tidegate/worker:1"}, clock(), link});
}

void World::apply(const Json& spec, const std::string& name) {
  Json object = pipeline(name);
  if (object.is_null()) object["metadata"] = Json::object({{"name", name}, {"namespace", "shop"}});
  object["spec"] = spec;
  api.put(kinds::pipelines, object);
}

Json World::condition(const std::string& type, const std::string& name) const {
  const Json object = pipeline(name);
  for (const Json& item : object.at("status/conditions").items()) {
    if (item.at("type").as_string() == type) return item;
  }
  return {};
}

Json World::stage(const std::string& name) const {
  const Json object = pipeline();
  for (const Json& item : object.at("status/stages").items()) {
    if (item.at("name").as_string() == name) return item;
  }
  return {};
}

void World::round() {
  const auto note = [this](const auto& done) {
    if (!done.ok()) failures.push_back(done.error().message);
  };
  for (const Json& object : api.all(kinds::kafka_clusters)) {
    note(clusters->reconcile({"shop", object.at("metadata/name").as_string()}));
  }
  for (const Json& object : api.all(kinds::pipelines)) {
    note(pipelines->reconcile({"shop", object.at("metadata/name").as_string()}));
  }
  for (const Json& object : api.all(kinds::pipelines)) {
    const std::string& name = object.at("metadata/name").as_string();
    if (const auto observer = observers->find(kafka_identity("shop", name, object.at("spec")))) observer->tick();
  }
  monitor->tick();
  run_workloads();
}

void World::settle() {
  for (int i = 0; i < 30; ++i) {
    const std::size_t writes = api.writes.size();
    const int topics = kafka->writes;
    pass(Duration(1000));
    round();
    if (api.writes.size() == writes && kafka->writes == topics && i > 1) return;
  }
  FAIL("the world does not settle: " << join(api.writes, ", "));
}

void World::run_workloads() {
  for (const auto* kind : {&kinds::stateful_sets, &kinds::deployments}) {
    for (const Json& workload : api.all(*kind)) {
      const std::string& name = workload.at("metadata/name").as_string();
      const int replicas = static_cast<int>(workload.at("spec/replicas").as_int());
      const int running = pods_start ? replicas : 0;
      for (int i = 0; i < 8; ++i) {
        const std::string pod = cat(name, "-", std::to_string(i));
        if (i >= running) {
          if (pods_start && !api.find(kinds::pods, "shop", pod).is_null()) api.user_delete(kinds::pods, "shop", pod);
          continue;
        }
        if (!api.find(kinds::pods, "shop", pod).is_null()) continue;
        Json object = Json::object({{"metadata", Json::object({{"name", pod}, {"namespace", "shop"}})}});
        object["metadata"]["labels"] = workload.at("spec/template/metadata/labels");
        object["metadata"]["ownerReferences"] = Json::array({Json::object({{"uid", workload.at("metadata/uid")}})});
        object["status"] = *Json::parse(R"({"conditions": [{"type": "Ready", "status": "True"}],
          "containerStatuses": [{"name": "worker", "ready": true, "state": {"running": {}}}]})");
        api.put(kinds::pods, object);
      }
      api.edit(*kind, "shop", name, [&](Json& live) {
        live["status"] = Json::object({{"observedGeneration", live.at("metadata/generation")},
                                       {"replicas", running},
                                       {"readyReplicas", running},
                                       {"updatedReplicas", running}});
      });
    }
  }
}

void World::work() {
  const std::map<std::string, std::string> readers{{kGroup, "payments"},
                                                   {"tidegate.install1.shop.fraud.show", "alerts"},
                                                   {"tidegate.install1.shop.fraud.warehouse", "alerts"}};
  for (const auto& [group, topic] : readers) {
    if (!kafka->topics.count(topic)) continue;
    const auto& log = kafka->topics.at(topic).log;
    for (std::size_t i = 0; i < log.size(); ++i) {
      kafka::CommitMetadata metadata;
      metadata.position = metadata.records_in = metadata.records_out = log[i].stable;
      metadata.at_ms = now.count();
      kafka->commit(group, static_cast<int>(i), metadata);
    }
  }
}

}  // namespace tidegate::controllers
