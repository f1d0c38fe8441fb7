#include "controllers/scaling/pipeline_scaling.h"

#include <algorithm>

#include "common/base/text.h"

namespace tidegate::controllers {
namespace {

constexpr Duration kWriteEvery{600'000};
constexpr Duration kTellEvery{30'000};
constexpr Duration kLimitedTellEvery{60'000};
// What has not finished by then is awaited no longer; the number of ready replicas tells what there is.
constexpr Duration kMovesAtMost{120'000};

double seconds(SteadyTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

}  // namespace

PipelineScaling::PipelineScaling(std::unique_ptr<ScalingLaw> law, SteadyTime now, const Json& learned)
    : law_(std::move(law)), written_(learned) {
  if (!learned.is_null()) law_->learn(seconds(now), learned);
  law_->took_over(seconds(now));
}

void PipelineScaling::plan(ScalingPlan plan, const std::map<std::string, int>& replicas) {
  plan_ = std::move(plan);
  std::map<std::string, int> wanted;
  for (const ScalingStage& stage : plan_.stages) {
    if (!stage.scaled) continue;
    const auto known = replicas_.find(stage.name);
    const auto runs = replicas.find(stage.name);
    // A stage that may stand empty works once first: then it has a position to be woken from.
    const int first = std::max(1, stage.limits.min);
    const int now = known != replicas_.end() ? known->second : runs != replicas.end() ? runs->second : first;
    wanted[stage.name] = std::clamp(now, stage.limits.min, stage.limits.max);
  }
  replicas_ = std::move(wanted);
  const auto gone = [&](const std::string& stage) { return !replicas_.count(stage); };
  std::erase_if(history_, [&](const auto& item) { return gone(item.first); });
  std::erase_if(last_, [&](const auto& item) { return gone(item.first); });
  std::erase_if(counts_, [&](const auto& item) { return gone(item.first.first); });
  std::erase_if(report_.stages, [&](const auto& item) { return gone(item.first); });
  report_.problem = plan_.problem;
}

std::optional<int> PipelineScaling::replicas(const std::string& stage) const {
  const auto found = replicas_.find(stage);
  return found == replicas_.end() ? std::nullopt : std::optional(found->second);
}

autoscaler::StageLook PipelineScaling::look(SteadyTime now, const ScalingStage& stage, const StageSight& sight) {
  autoscaler::StageLook out = look_at(stage, sight);
  if (!out.partitions.empty()) out.read_at = seconds(sight.reading.ends_read);
  if (!out.moving) {
    moving_since_.erase(stage.name);
  } else if (now - moving_since_.try_emplace(stage.name, now).first->second > kMovesAtMost) {
    out.moving = false;
  }
  return out;
}

PipelineScaling::Outcome PipelineScaling::evaluate(SteadyTime now, WallTime wall,
                                                   std::map<std::string, StageSight> sights) {
  Outcome outcome;
  if (plan_.paused || plan_.stages.empty()) return outcome;
  std::vector<autoscaler::StageLook> looks;
  for (const ScalingStage& stage : plan_.stages) {
    StageSight& sight = sights[stage.name];
    sight.replicas = stage.scaled ? replicas_.at(stage.name) : stage.limits.max;
    looks.push_back(look(now, stage, sight));
  }
  for (autoscaler::Decision& decision : law_->evaluate(seconds(now), plan_.objectives, looks)) {
    const ScalingStage* stage = plan_.stage(decision.stage);
    if (!stage || !stage->scaled) continue;
    outcome.surprised |= decision.surprised;
    int& replicas = replicas_.at(decision.stage);
    const int wanted = std::clamp(decision.to, stage->limits.min, stage->limits.max);
    if (wanted != replicas && decision.to != decision.from && !stage->limits.recommend_only) {
      outcome.changes.push_back({decision.stage, wanted > replicas, decision.sentence});
      replicas = wanted;
      moving_since_.erase(decision.stage);  // what begins now has its own time
    }
    history_[decision.stage].add(now, wall, decision);
    ++counts_[{decision.stage, decision.reason}];
    last_[decision.stage] = std::move(decision);
  }
  outcome.tell = tell(now) || !outcome.changes.empty();
  return outcome;
}

// Renews the report; true when it says something that status should have now.
bool PipelineScaling::tell(SteadyTime now) {
  ScalingReport next;
  next.evaluated = true;
  next.problem = plan_.problem;
  next.limited = report_.limited;
  std::string advice;
  bool turned = false;
  std::vector<std::string> unknown;
  for (const auto& [stage, decision] : last_) {
    next.stages[stage] = {decision.recommended, decision.reason, decision.sentence};
    if (decision.unknown_too_long) unknown.push_back(stage);
    if (!decision.advice.empty()) advice += cat(advice.empty() ? "" : "; ", stage, ": ", decision.advice);
    const auto before = report_.stages.find(stage);
    turned |= before == report_.stages.end() || before->second.recommended != decision.recommended ||
              before->second.reason != decision.reason;
  }
  if (!unknown.empty()) next.unknown = cat("figures of ", join(unknown, ", "), " are unknown; replicas are held");
  if (advice != report_.limited && (now - limited_told_ >= kLimitedTellEvery || report_.limited.empty())) {
    next.limited = advice;
    limited_told_ = now;
  }
  const bool at_once = next.unknown != report_.unknown || next.limited != report_.limited || !report_.evaluated;
  report_ = std::move(next);
  if (!at_once && !(turned && now - told_ >= kTellEvery)) return false;
  told_ = now;
  return true;
}

std::optional<Json> PipelineScaling::learned_to_write(SteadyTime now) {
  if (written_at_ && now - *written_at_ < kWriteEvery) return std::nullopt;
  Json learned = law_->learned(seconds(now));
  if (learned.is_null() || learned == written_) return std::nullopt;
  written_ = learned;
  written_at_ = now;
  return learned;
}

}  // namespace tidegate::controllers
