#include "controllers/monitoring/metrics.h"

#include <algorithm>

#include "controllers/pipeline/judge.h"

namespace tidegate::controllers {
namespace {

using metrics::Labels;
using Samples = std::vector<metrics::Registry::Sample>;
using health::PartitionEvidence;
using health::StageEvidence;

health::Count lag(const StageEvidence& stage) {
  std::int64_t sum = 0;
  for (const PartitionEvidence& partition : stage.partitions) {
    if (!partition.readable || !partition.position) return std::nullopt;
    sum += std::max<std::int64_t>(0, *partition.readable - *partition.position);
  }
  return stage.partitions.empty() ? health::Count() : health::Count(sum);
}

Labels problem_labels(const kube::Key& key, const std::string& pipeline, const health::Problem& problem) {
  return {{"namespace", key.ns},
          {"pipeline", pipeline},
          {"stage", problem.finding.stage},
          {"problem", health::info(problem.finding.kind).reason},
          {"severity", health::to_string(problem.finding.severity)},
          {"subject", problem.finding.subject}};
}

using Look = HealthMonitor::PipelineLook;
using Visit = std::function<void(const kube::Key&, const Look&, Samples&)>;
using VisitStage = std::function<void(const Labels&, const Look&, const StageEvidence&, Samples&)>;

class Publisher {
 public:
  Publisher(metrics::Registry& registry, const HealthMonitor& monitor) : registry_(registry), monitor_(monitor) {}

  void pipelines(metrics::Metric metric, Visit visit) {
    registry_.collect(metric, [monitor = &monitor_, visit = std::move(visit)] {
      Samples out;
      monitor->each([&](const kube::Key& key, const Look& look) { visit(key, look, out); });
      return out;
    });
  }
  void stages(metrics::Metric metric, VisitStage visit) {
    pipelines(metric, [visit = std::move(visit)](const kube::Key& key, const Look& look, Samples& out) {
      for (const StageEvidence& stage : look.evidence.stages)
        visit({{"namespace", key.ns}, {"pipeline", key.name}, {"stage", stage.name}}, look, stage, out);
    });
  }
  void clusters(metrics::Metric metric,
                std::function<void(const Labels&, const HealthMonitor::ClusterLook&, Samples&)> visit) {
    registry_.collect(metric, [monitor = &monitor_, visit = std::move(visit)] {
      Samples out;
      monitor->each_cluster([&](const kube::Key& key, const HealthMonitor::ClusterLook& look) {
        visit({{"namespace", key.ns}, {"cluster", key.name}}, look, out);
      });
      return out;
    });
  }

 private:
  metrics::Registry& registry_;
  const HealthMonitor& monitor_;
};

Labels with(Labels labels, const std::string& name, const std::string& value) {
  labels[name] = value;
  return labels;
}

template <typename Value>
void put(Samples& out, const Labels& labels, const std::optional<Value>& value) {
  if (value) out.push_back({labels, static_cast<double>(*value)});
}

void publish_pipelines(Publisher& publish, metrics::Registry& registry, const HealthMonitor& monitor,
                       const Caches& caches) {
  publish.pipelines("tidegate_pipeline_ready", [&caches](const kube::Key& key, const Look&, Samples& out) {
    const auto pipeline = caches.of(kinds::pipelines).get(key.ns, key.name);
    if (!pipeline) return;
    const Json& ready = pipeline->at("status/conditions/0");
    out.push_back({{{"namespace", key.ns}, {"pipeline", key.name}, {"reason", ready.at("reason").as_string()}},
                   ready.at("status").as_string() == "True" ? 1.0 : 0.0});
  });
  publish.pipelines("tidegate_pipeline_healthy", [](const kube::Key& key, const Look& look, Samples& out) {
    out.push_back({{{"namespace", key.ns}, {"pipeline", key.name}}, look.problems.empty() ? 1.0 : 0.0});
  });
  registry.collect("tidegate_problem", [&monitor] {
    Samples out;
    monitor.each([&](const kube::Key& key, const Look& look) {
      for (const auto& problem : look.problems) out.push_back({problem_labels(key, key.name, problem), 1});
    });
    monitor.each_cluster([&](const kube::Key& key, const HealthMonitor::ClusterLook& look) {
      for (const auto& problem : look.problems) out.push_back({problem_labels(key, "", problem), 1});
    });
    return out;
  });
  publish.pipelines("tidegate_topic_appended_records_total", [](const kube::Key& key, const Look& look, Samples& out) {
    for (const auto& topic : look.evidence.topics)
      put(out, {{"namespace", key.ns}, {"pipeline", key.name}, {"topic", topic.name}}, topic.appended);
  });
}

void publish_stages(Publisher& publish) {
  publish.stages("tidegate_stage_state",
                 [](const Labels& labels, const Look&, const StageEvidence& stage, Samples& out) {
                   out.push_back({with(with(labels, "kind", stage.kind), "state", to_string(stage.state)), 1});
                 });
  publish.stages("tidegate_stage_replicas",
                 [](const Labels& labels, const Look&, const StageEvidence& stage, Samples& out) {
                   out.push_back({with(labels, "kind", stage.kind), static_cast<double>(stage.replicas)});
                 });
  publish.stages("tidegate_stage_ready_replicas",
                 [](const Labels& labels, const Look&, const StageEvidence& stage, Samples& out) {
                   out.push_back({with(labels, "kind", stage.kind), static_cast<double>(stage.ready)});
                 });
  publish.stages("tidegate_stage_lag_records", [](const Labels& labels, const Look&, const StageEvidence& stage,
                                                  Samples& out) { put(out, labels, lag(stage)); });
  publish.stages("tidegate_stage_age_seconds", [](const Labels& labels, const Look&, const StageEvidence& stage,
                                                  Samples& out) { put(out, labels, stage.age_seconds); });
  publish.stages("tidegate_stage_latency_objective_seconds",
                 [](const Labels& labels, const Look&, const StageEvidence& stage, Samples& out) {
                   if (stage.kind != "source") put(out, labels, stage.objective_seconds);
                 });
  publish.stages("tidegate_stage_committed_records_total",
                 [](const Labels& labels, const Look&, const StageEvidence& stage, Samples& out) {
                   put(out, with(labels, "flow", "in"), total(stage, &PartitionEvidence::in));
                   put(out, with(labels, "flow", "out"), total(stage, &PartitionEvidence::out));
                   put(out, with(labels, "flow", "dead_letter"), total(stage, &PartitionEvidence::dead_letters));
                 });
  publish.stages("tidegate_stage_selectivity",
                 [](const Labels& labels, const Look& look, const StageEvidence& stage, Samples& out) {
                   if (const auto found = look.selectivity.find(stage.name); found != look.selectivity.end())
                     put(out, labels, found->second);
                 });
  publish.stages("tidegate_stage_balance_records",
                 [](const Labels& labels, const Look& look, const StageEvidence& stage, Samples& out) {
                   for (std::size_t check = 0; check < health::kChecks.size(); ++check)
                     put(out, with(labels, "check", health::kChecks[check]), imbalance(stage, check));
                   for (const auto& topic : look.evidence.topics) {
                     const auto acknowledged = total(stage, &PartitionEvidence::out);
                     if (stage.kind == "processor" && stage.output == topic.name && acknowledged && topic.appended)
                       put(out, with(labels, "check", "log"), std::optional(*acknowledged - *topic.appended));
                   }
                 });
}

void publish_clusters(Publisher& publish) {
  using ClusterLook = HealthMonitor::ClusterLook;
  publish.clusters("tidegate_kafka_brokers", [](const Labels& labels, const ClusterLook& look, Samples& out) {
    put(out, labels, look.evidence.reachable == false ? std::optional(0) : look.evidence.brokers);
  });
  publish.clusters("tidegate_kafka_brokers_wanted", [](const Labels& labels, const ClusterLook& look, Samples& out) {
    out.push_back({labels, static_cast<double>(look.nodes)});
  });
  publish.clusters("tidegate_kafka_partitions", [](const Labels& labels, const ClusterLook& look, Samples& out) {
    if (!look.evidence.offline) return;
    out.push_back({with(labels, "state", "all"), static_cast<double>(look.partitions)});
    put(out, with(labels, "state", "under_replicated"), look.evidence.under_replicated);
    put(out, with(labels, "state", "offline"), look.evidence.offline);
  });
  publish.clusters("tidegate_kafka_volume_bytes", [](const Labels& labels, const ClusterLook& look, Samples& out) {
    for (const auto& volume : look.evidence.volumes) out.push_back({with(labels, "pod", volume.pod), volume.bytes});
  });
  publish.clusters("tidegate_kafka_volume_used_bytes", [](const Labels& labels, const ClusterLook& look, Samples& out) {
    for (const auto& volume : look.evidence.volumes) out.push_back({with(labels, "pod", volume.pod), volume.used});
  });
}

}  // namespace

void publish_health(metrics::Registry& registry, const HealthMonitor& monitor, const Caches& caches) {
  Publisher publish(registry, monitor);
  publish_pipelines(publish, registry, monitor, caches);
  publish_stages(publish);
  publish_clusters(publish);
}

}  // namespace tidegate::controllers
