#include "controllers/health/diagnosis.h"

#include <algorithm>

#include "controllers/health/states.h"

namespace tidegate::health {
namespace {

// What sources write is not in Kafka's metadata.
std::vector<const StageEvidence*> writers_of(const TopicEvidence& topic, const std::vector<StageEvidence>& stages) {
  std::vector<const StageEvidence*> out;
  for (const StageEvidence& stage : stages) {
    if (stage.output == topic.name && stage.kind == "processor") out.push_back(&stage);
  }
  return out;
}

}  // namespace

PipelineHealth::Stage& PipelineHealth::stage_of(const StageEvidence& stage) {
  Stage& known = stages_[stage.name];
  if (known.version == stage.version) return known;
  // With another query or other fields, other figures are usual.
  Balance balance = std::move(known.balance);
  known = {};
  known.balance = std::move(balance);
  known.version = stage.version;
  const Json& taught = taught_.get(stage.name);
  known.balance.keep(taught.get("balance"));
  if (taught.get("version").as_string() != stage.version) return known;
  known.collapsed_output.keep(taught.get("selectivity"));
  known.null_ratio.keep(taught.get("nulls"));
  known.dead_letters.keep(taught.get("deadLetters"));
  return known;
}

Tracker::Changes PipelineHealth::diagnose(const Instant& now, const PipelineEvidence& evidence) {
  std::vector<Finding> found;
  const auto gone = [](const auto& list) {
    return [&list](const auto& entry) {
      return std::none_of(list.begin(), list.end(), [&](const auto& one) { return one.name == entry.first; });
    };
  };
  std::erase_if(stages_, gone(evidence.stages));
  std::erase_if(topics_, gone(evidence.topics));
  for (const StageEvidence& stage : evidence.stages) {
    Stage& known = stage_of(stage);
    look_at_state(stage, found);
    look_for_lost_data(stage, found);
    look_for_slowness(stage, found);
    look_for_skew(stage, found);
    known.collapsed_output.look(now, stage, found);
    known.null_ratio.look(now, stage, found);
    known.dead_letters.look(now, stage, found);
    known.balance.look(now, stage, found);
    known.hung_transaction.look(now, stage, found);
  }
  for (const TopicEvidence& topic : evidence.topics) {
    Topic& known = topics_[topic.name];
    known.silence.look(now, topic, found);
    known.replacement.look(now, topic, found);
    known.growth.look(now, topic, writers_of(topic, evidence.stages), found);
  }
  std::vector<Finding> of_brokers;
  brokers_.look(evidence.cluster, of_brokers);
  look_at_pipeline(evidence, brokers_.starting(), found);
  if (!evidence.cluster_is_ours) found.insert(found.end(), of_brokers.begin(), of_brokers.end());
  return tracker_.look(now, found);
}

std::optional<double> PipelineHealth::selectivity(const std::string& stage) const {
  const auto known = stages_.find(stage);
  return known == stages_.end() ? std::nullopt : known->second.collapsed_output.usual();
}

void PipelineHealth::resume(const Instant& now, const std::vector<Problem>& told) {
  for (const Problem& problem : told) {
    tracker_.resume(now, problem);
    if (problem.finding.kind == Kind::silent_source)
      topics_[problem.finding.subject].silence.resume({now.steady, problem.since});
  }
}

Json PipelineHealth::kept() const {
  Json out;
  for (const auto& [name, stage] : stages_) {
    Json one;
    const auto put = [&one](const char* key, Json value) {
      if (!value.is_null()) one[key] = std::move(value);
    };
    put("selectivity", stage.collapsed_output.kept());
    put("nulls", stage.null_ratio.kept());
    put("deadLetters", stage.dead_letters.kept());
    const Json balance = stage.balance.kept();
    if (one.is_null() && balance.members().empty()) continue;  // not worth a write
    put("balance", balance);
    one["version"] = stage.version;
    out[name] = std::move(one);
  }
  return out;
}

Tracker::Changes ClusterHealth::diagnose(const Instant& now, const ClusterEvidence& evidence) {
  std::vector<Finding> found;
  brokers_.look(evidence, found);
  disk_filling_.look(now, evidence, found);
  return tracker_.look(now, found);
}

void ClusterHealth::resume(const Instant& now, const std::vector<Problem>& told) {
  for (const Problem& problem : told) tracker_.resume(now, problem);
}

}  // namespace tidegate::health
