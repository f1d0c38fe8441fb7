#include "controllers/observation/views.h"

#include "controllers/observation/observer.h"

namespace tidegate::controllers {

namespace {

ClusterView without_topics(const ClusterView& cluster) {
  ClusterView out;
  out.reachable = cluster.reachable;
  out.known = cluster.known;
  out.problem = cluster.problem;
  out.brokers = cluster.brokers;
  out.topics_known = cluster.topics_known;
  out.partitions = cluster.partitions;
  out.under_replicated = cluster.under_replicated;
  out.offline = cluster.offline;
  return out;
}

}  // namespace

ClusterView Observer::overview() const {
  const std::lock_guard lock(mutex_);
  return without_topics(cluster_);
}

ClusterView Observer::cluster() const {
  const std::lock_guard lock(mutex_);
  return cluster_;
}

PipelineView Observer::pipeline(const kube::Key& key) const {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  PipelineView out;
  out.cluster = cluster_;
  const auto found = pipelines_.find(key);
  if (found == pipelines_.end()) return out;
  out.described = found->second.described;
  for (const auto& [name, stage] : found->second.stages) out.stages[name] = figures(stage, now);
  for (const std::string& topic : found->second.watch.topics) {
    const auto rate = appended_.find(topic);
    if (rate != appended_.end() && rate->second.value()) out.topic_rates[topic] = *rate->second.value();
  }
  return out;
}

std::map<std::string, StageReading> Observer::readings(const kube::Key& key) const {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  std::map<std::string, StageReading> out;
  const auto found = pipelines_.find(key);
  if (found == pipelines_.end()) return out;
  for (const auto& [name, stage] : found->second.stages) {
    StageReading& reading = out[name] = stage.progress.reading(now);
    reading.ends_read = logs_read_;
  }
  return out;
}

HealthView Observer::health(const kube::Key& key) const {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  HealthView out;
  out.cluster = without_topics(cluster_);
  const auto found = pipelines_.find(key);
  if (found == pipelines_.end()) return out;
  out.described = cluster_.reachable && found->second.described;
  const bool logs_known = cluster_.reachable && logs_unread_.problem.empty();
  out.logs_read = logs_read_;
  for (const std::string& name : found->second.watch.topics) {
    const auto state = cluster_.topics.find(name);
    if (state == cluster_.topics.end()) continue;
    HealthView::Topic& topic = out.topics[name];
    topic.state = state->second;
    const auto log = logs_.find(name);
    if (!logs_known || log == logs_.end()) continue;
    topic.appended = 0;
    for (const auto& partition : log->second) *topic.appended += partition.end;
  }
  for (const auto& [name, stage] : found->second.stages)
    out.stages[name] = {figures(stage, now), stage.progress.account(now), stage.progress.reading(now).age_seconds};
  return out;
}

}  // namespace tidegate::controllers
