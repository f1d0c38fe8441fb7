#include "controllers/pipeline/judge.h"

#include <algorithm>

#include "common/base/text.h"

namespace tidegate::controllers {
namespace {

constexpr const char* kNoSign = "no sign of life from the worker for 25 s";

// Only one that reads files reports beside its offsets.
StageVerdict judge_source(const StageEvidence& evidence) {
  if (evidence.pods.running > 0) {
    if (evidence.figures.silent >= kGoneSilent) return {StageState::stalled, kNoSign};
    if (evidence.figures.waiting) return {StageState::waiting, evidence.figures.problem};
  }
  if (evidence.pods.ready == 0) return {StageState::starting, "no pod is ready; the pods' logs say why"};
  return {evidence.append_rate.value_or(0) > 0 ? StageState::flowing : StageState::idle, ""};
}

}  // namespace

const char* to_string(StageState state) {
  switch (state) {
    case StageState::idle:
      return "Idle";
    case StageState::flowing:
      return "Flowing";
    case StageState::paused:
      return "Paused";
    case StageState::starting:
      return "Starting";
    case StageState::waiting:
      return "Waiting";
    case StageState::stalled:
      return "Stalled";
    case StageState::failing:
      return "Failing";
  }
  return "Starting";
}

StageVerdict judge(const StageEvidence& evidence) {
  const StageFigures& figures = evidence.figures;
  if (evidence.replicas == 0 && !evidence.scaled) return {StageState::paused, ""};
  // A replica more than the nodes can take is no failure of those that work.
  const bool wants_more = evidence.scaled && evidence.pods.ready > 0 && evidence.pods.unschedulable > 0 &&
                          evidence.pods.problem == evidence.pods.unschedulable_why;
  if (!evidence.pods.problem.empty() && !wants_more) return {StageState::failing, evidence.pods.problem};
  if (!evidence.kafka_reachable) {
    // Without pods it has never begun.
    const StageState state = evidence.pods.total == 0 ? StageState::starting : StageState::waiting;
    return {state, cat("waits for Kafka: ", evidence.kafka_problem)};
  }
  if (evidence.kind == "source") return judge_source(evidence);
  if (evidence.replicas == 0 && figures.unread.empty() && figures.lag_records == 0) return {StageState::idle, ""};
  if (evidence.pods.running == 0) return {StageState::starting, "no pod runs yet"};
  if (!figures.unread.empty()) return {StageState::waiting, cat("its offsets cannot be read: ", figures.unread)};
  if (!figures.known) return {StageState::starting, "nothing is known about its progress yet"};
  if (figures.silent >= kGoneSilent) {
    return {StageState::stalled, kNoSign};
  }
  if (figures.waiting) return {StageState::waiting, figures.problem};
  if (figures.standing >= kStandsStill) {
    return {StageState::stalled, "records wait, none was taken in for 8 s"};
  }
  if (evidence.pods.ready == 0) return {StageState::starting, "no pod is ready"};
  if (figures.moving || figures.lag_records.value_or(0) > 0) return {StageState::flowing, ""};
  return {StageState::idle, ""};
}

PipelineVerdict judge_all(const std::vector<NamedVerdict>& stages) {
  const auto worst = std::max_element(stages.begin(), stages.end(), [](const NamedVerdict& a, const NamedVerdict& b) {
    return a.verdict.state < b.verdict.state;
  });
  if (worst == stages.end()) return {false, "Starting", "no stage yet"};
  const StageState state = worst->verdict.state;
  const std::string reason = to_string(state);
  switch (state) {
    case StageState::idle:
      return {true, reason, "all stages are ready; no records arrive"};
    case StageState::flowing:
      return {true, reason, "records flow through all stages"};
    case StageState::paused:
      return {false, reason, "spec.paused is true: processors and sinks are stopped"};
    default:
      return {false, reason, cat(worst->kind, " ", worst->name, ": ", worst->verdict.message)};
  }
}

}  // namespace tidegate::controllers
