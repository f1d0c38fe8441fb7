#include "controllers/monitoring/monitor.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "controllers/monitoring/report.h"
#include "crds/names.h"
#include "operator/kube/sleep.h"

namespace tidegate::controllers {
namespace {

constexpr Duration kRound{2'000};
constexpr Duration kWriteEvery{600'000};

template <typename Map>
std::vector<kube::Key> keys_of(const Map& map) {
  std::vector<kube::Key> out;
  for (const auto& [key, value] : map) out.push_back(key);
  return out;
}

// Images are pulled, volumes are made, brokers start.
constexpr Duration kFirstStart{180'000};

bool is_new(const Json& object, WallTime now) {
  const auto made = parse_rfc3339(object.at("metadata/creationTimestamp").as_string());
  return made && now - *made < kFirstStart;
}

}  // namespace

void HealthMonitor::watch(const kube::Key& key, MonitoringPlan plan, std::shared_ptr<const Observer> observer,
                          const Json& learned) {
  const std::lock_guard lock(mutex_);
  const auto [found, fresh] = pipelines_.try_emplace(key);
  Pipeline& pipeline = found->second;
  if (fresh) {
    pipeline.health.keep(learned);
    pipeline.written = learned;
    if (const auto object = caches_.of(kinds::pipelines).get(key.ns, key.name))
      pipeline.health.resume(now(), read_problems(object->at("status")));
  }
  pipeline.look.problems = pipeline.health.problems();
  pipeline.look.plan = std::move(plan);
  pipeline.observer = std::move(observer);
}

void HealthMonitor::watch_cluster(const kube::Key& key, int nodes, std::shared_ptr<const Observer> observer) {
  const std::lock_guard lock(mutex_);
  const auto [found, fresh] = clusters_.try_emplace(key);
  Cluster& cluster = found->second;
  if (fresh) {
    if (const auto object = caches_.of(kinds::kafka_clusters).get(key.ns, key.name))
      cluster.health.resume(now(), read_problems(object->at("status")));
  }
  cluster.look.problems = cluster.health.problems();
  cluster.look.nodes = nodes;
  cluster.observer = std::move(observer);
}

void HealthMonitor::forget(const kube::Key& pipeline) {
  const std::lock_guard lock(mutex_);
  pipelines_.erase(pipeline);
}

void HealthMonitor::forget_cluster(const kube::Key& cluster) {
  const std::lock_guard lock(mutex_);
  clusters_.erase(cluster);
}

std::optional<std::vector<health::Problem>> HealthMonitor::problems(const kube::Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = pipelines_.find(key);
  if (found == pipelines_.end()) return std::nullopt;
  return found->second.look.problems;
}

std::optional<std::vector<health::Problem>> HealthMonitor::cluster_problems(const kube::Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = clusters_.find(key);
  if (found == clusters_.end()) return std::nullopt;
  return found->second.look.problems;
}

std::optional<Json> HealthMonitor::learned_to_write(const kube::Key& key) const {
  const SteadyTime time = options_.clock.steady();
  const std::lock_guard lock(mutex_);
  const auto found = pipelines_.find(key);
  if (found == pipelines_.end()) return std::nullopt;
  const Pipeline& pipeline = found->second;
  if (pipeline.written_at && time - *pipeline.written_at < kWriteEvery) return std::nullopt;
  Json kept = pipeline.health.kept();
  if (kept.is_null() || kept == pipeline.written) return std::nullopt;
  return kept;
}

void HealthMonitor::wrote_learned(const kube::Key& key, const Json& learned) {
  const std::lock_guard lock(mutex_);
  const auto found = pipelines_.find(key);
  if (found == pipelines_.end()) return;
  found->second.written = learned;
  found->second.written_at = options_.clock.steady();
}

void HealthMonitor::each(const std::function<void(const kube::Key&, const PipelineLook&)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, pipeline] : pipelines_) {
    if (pipeline.looked) visit(key, pipeline.look);
  }
}

void HealthMonitor::each_cluster(const std::function<void(const kube::Key&, const ClusterLook&)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, cluster] : clusters_) {
    if (cluster.looked) visit(key, cluster.look);
  }
}

PipelineSight HealthMonitor::sight(const kube::Key& key, const MonitoringPlan& plan, const Observer* observer,
                                   const Json& object) const {
  PipelineSight out;
  if (observer != nullptr) out.kafka = observer->health(key);
  out.status = object.at("status");
  for (auto& pod : caches_.of(kinds::pods).list(key.ns, crds::labels::pipeline, key.name))
    out.stages[pod->at("metadata/labels").get(crds::labels::stage).as_string()].pods.push_back(std::move(pod));
  for (const MonitoredStage& stage : plan.stages) {
    out.stages[stage.name].workload = caches_.of(stage.kind == "source" ? kinds::deployments : kinds::stateful_sets)
                                          .get(key.ns, crds::stage_child(key.name, stage.name));
  }
  return out;
}

void HealthMonitor::look_at_pipeline(const kube::Key& key) {
  const auto object = caches_.of(kinds::pipelines).get(key.ns, key.name);
  MonitoringPlan plan;
  std::shared_ptr<const Observer> observer;
  {
    const std::lock_guard lock(mutex_);
    const auto found = pipelines_.find(key);
    if (found == pipelines_.end() || !object) return;
    plan = found->second.look.plan;
    observer = found->second.observer;
  }
  health::PipelineEvidence evidence = look_at(plan, sight(key, plan, observer.get(), *object));
  evidence.cluster.is_new = is_new(*object, options_.clock.wall());
  health::Tracker::Changes changes;
  {
    const std::lock_guard lock(mutex_);
    const auto found = pipelines_.find(key);
    if (found == pipelines_.end()) return;
    Pipeline& pipeline = found->second;
    changes = pipeline.health.diagnose(now(), evidence);
    pipeline.look.evidence = std::move(evidence);
    pipeline.look.problems = pipeline.health.problems();
    for (const MonitoredStage& stage : plan.stages)
      pipeline.look.selectivity[stage.name] = pipeline.health.selectivity(stage.name);
    pipeline.looked = true;
  }
  tell(*object, changes);
  if (changes.any()) options_.pipeline_changed(key);
}

void HealthMonitor::look_at_cluster(const kube::Key& key) {
  const auto object = caches_.of(kinds::kafka_clusters).get(key.ns, key.name);
  std::shared_ptr<const Observer> observer;
  int nodes = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found = clusters_.find(key);
    if (found == clusters_.end() || !object) return;
    observer = found->second.observer;
    nodes = found->second.look.nodes;
  }
  std::vector<health::VolumeEvidence> volumes;
  if (options_.volumes)
    volumes = options_.volumes(caches_.of(kinds::pods).list(key.ns, crds::labels::kafka_cluster, key.name));
  const ClusterView view = observer->overview();
  health::ClusterEvidence evidence = look_at(key.name, view, nodes, std::move(volumes));
  evidence.is_new = is_new(*object, options_.clock.wall());
  health::Tracker::Changes changes;
  {
    const std::lock_guard lock(mutex_);
    const auto found = clusters_.find(key);
    if (found == clusters_.end()) return;
    Cluster& cluster = found->second;
    changes = cluster.health.diagnose(now(), evidence);
    cluster.look.evidence = std::move(evidence);
    cluster.look.partitions = view.partitions;
    cluster.look.problems = cluster.health.problems();
    cluster.looked = true;
  }
  tell(*object, changes);
  if (changes.any()) options_.cluster_changed(key);
}

void HealthMonitor::tell(const Json& object, const health::Tracker::Changes& changes) {
  for (const health::Problem& problem : changes.begun) {
    const std::string text = health::message(problem, 1000);
    log::warn("a problem began", {{"namespace", object.at("metadata/namespace").as_string()},
                                  {"name", object.at("metadata/name").as_string()},
                                  {"problem", health::info(problem.finding.kind).reason},
                                  {"stage", problem.finding.stage},
                                  {"what", text}});
    events_.record(object, true, health::info(problem.finding.kind).reason, text);
  }
  for (const health::Problem& problem : changes.ended) {
    const char* reason = health::info(problem.finding.kind).reason;
    const std::string who =
        problem.finding.stage.empty() ? "" : cat(problem.finding.stage_kind, " ", problem.finding.stage, ": ");
    log::info("a problem ended", {{"namespace", object.at("metadata/namespace").as_string()},
                                  {"name", object.at("metadata/name").as_string()},
                                  {"problem", reason},
                                  {"stage", problem.finding.stage}});
    events_.record(object, false, "ProblemEnded",
                   cat(who, reason, " is over; it began at ", to_rfc3339(problem.since)));
  }
}

void HealthMonitor::tick() {
  std::vector<kube::Key> pipelines, clusters;
  {
    const std::lock_guard lock(mutex_);
    pipelines = keys_of(pipelines_);
    clusters = keys_of(clusters_);
  }
  for (const kube::Key& key : pipelines) look_at_pipeline(key);
  for (const kube::Key& key : clusters) look_at_cluster(key);
}

void HealthMonitor::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    tick();
    kube::sleep_for(kRound, stop);
  }
}

}  // namespace tidegate::controllers
