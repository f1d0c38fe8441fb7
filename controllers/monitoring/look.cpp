#include "controllers/monitoring/look.h"

#include "common/base/text.h"
#include "controllers/pipeline/judge.h"
#include "controllers/shared/conditions.h"
#include "controllers/shared/rollout.h"

namespace tidegate::controllers {
namespace {

bool is_true(const Json& condition) {
  return condition.at("status").as_string() == "True";
}

// Pods come or go: a roll-out or another number of replicas is not finished.
bool moving(const Json& workload, const PodSummary& pods, int replicas) {
  return pods.terminating > 0 || pods.total != replicas || rollout_pending(workload, "").has_value();
}

health::StageEvidence look_at_stage(const MonitoringPlan& plan, const MonitoredStage& stage,
                                    const PipelineSight& sight) {
  health::StageEvidence out;
  out.name = stage.name;
  out.kind = stage.kind;
  out.version = stage.version;
  out.input = stage.input;
  out.output = stage.output;
  out.fields = stage.fields;
  out.inner = stage.inner;
  out.plain_input = stage.plain_input;
  out.objective_seconds = stage.objective_seconds;

  StageObjects objects;
  if (const auto found = sight.stages.find(stage.name); found != sight.stages.end()) objects = found->second;
  const Json workload = objects.workload ? *objects.workload : Json();
  const PodSummary pods = summarize_pods(objects.pods);
  const int replicas = static_cast<int>(workload.at("spec/replicas").as_int(objects.workload ? 1 : 0));
  HealthView::Stage seen;
  if (const auto found = sight.kafka.stages.find(stage.name); found != sight.kafka.stages.end()) seen = found->second;
  // That Kafka is away is one problem of the whole pipeline.
  const StageVerdict verdict =
      judge({stage.kind, replicas, stage.scaled && !plan.paused, pods, true, "", seen.figures, std::nullopt});
  out.state = verdict.state;
  out.message = verdict.message;
  if (!sight.kafka.cluster.reachable && verdict.state != StageState::failing && verdict.state != StageState::paused)
    out.state = StageState::starting;
  out.pod = pods.problem_pod;
  out.replicas = replicas;
  out.ready = pods.ready;
  out.moving = moving(workload, pods, replicas);
  out.dead_letter = seen.account.dead_letter;
  if (sight.kafka.cluster.reachable) out.age_seconds = seen.age_seconds;
  out.partitions = std::move(seen.account.partitions);
  const auto topic = sight.kafka.topics.find(stage.input);
  out.input_replaced = topic != sight.kafka.topics.end() && !seen.account.topic_id.empty() &&
                       !topic->second.state.id.empty() && topic->second.state.id != seen.account.topic_id;
  return out;
}

// A topic that was made anew is taken up when the offsets of its readers, one at least, are of it.
bool taken_up(const std::string& topic, const std::string& id, const MonitoringPlan& plan, const PipelineSight& sight) {
  bool read = false;
  for (const MonitoredStage& stage : plan.stages) {
    if (stage.input != topic) continue;
    const auto seen = sight.kafka.stages.find(stage.name);
    if (seen == sight.kafka.stages.end() || seen->second.account.topic_id != id) return false;
    read = true;
  }
  return read && !id.empty();
}

}  // namespace

health::PipelineEvidence look_at(const MonitoringPlan& plan, const PipelineSight& sight) {
  health::PipelineEvidence out;
  out.cluster = look_at(plan.cluster, sight.kafka.cluster, 0, {});
  out.cluster_is_ours = plan.cluster_is_ours;
  for (const MonitoredStage& stage : plan.stages) out.stages.push_back(look_at_stage(plan, stage, sight));
  for (const MonitoredTopic& topic : plan.topics) {
    health::TopicEvidence one;
    one.name = topic.name;
    one.filler = topic.filler;
    one.filler_kind = topic.filler_kind;
    one.reader = topic.reader;
    one.reader_kind = topic.reader_kind;
    one.expect_every = topic.expect_every;
    one.described = sight.kafka.described;
    if (const auto seen = sight.kafka.topics.find(topic.name); seen != sight.kafka.topics.end()) {
      one.id = seen->second.state.id;
      one.appended = seen->second.appended;
      one.read = sight.kafka.logs_read;
      one.taken_up = taken_up(topic.name, one.id, plan, sight);
    }
    out.topics.push_back(std::move(one));
  }
  const Json& stalled = find_condition(sight.status, "Stalled");
  if (is_true(stalled)) out.refused = cat(stalled.at("reason").as_string(), ": ", stalled.at("message").as_string());
  const Json& ready = find_condition(sight.status, "Ready");
  const Json& reconciling = find_condition(sight.status, "Reconciling");
  if (is_true(reconciling))
    out.not_ready = reconciling.at("message").as_string();
  else if (ready.at("reason").as_string() == "Starting")
    out.not_ready = ready.at("message").as_string();
  const Json& limited = find_condition(sight.status, "ScalingLimited");
  if (is_true(limited)) out.scaling_limited = limited.at("message").as_string();
  return out;
}

health::ClusterEvidence look_at(const std::string& name, const ClusterView& view, int wanted,
                                std::vector<health::VolumeEvidence> volumes) {
  health::ClusterEvidence out;
  out.name = name;
  out.volumes = std::move(volumes);
  if (!view.known) return out;
  out.reachable = view.reachable;
  out.problem = view.problem;
  if (!view.reachable) return out;
  out.brokers = view.brokers;
  if (wanted > 0) out.brokers_wanted = wanted;
  if (!view.topics_known) return out;
  out.under_replicated = view.under_replicated;
  out.offline = view.offline;
  return out;
}

}  // namespace tidegate::controllers
