#include "cli/view.h"

#include <algorithm>

#include "cli/format.h"
#include "common/base/text.h"

namespace tidegate::cli {
namespace {

std::optional<Condition> find_condition(const Json& pipeline, const std::string& type) {
  for (const Json& condition : pipeline.at("status/conditions").items()) {
    if (condition.get("type").as_string() != type) continue;
    return Condition{condition.get("status").as_string(), condition.get("reason").as_string(),
                     condition.get("message").as_string()};
  }
  return std::nullopt;
}

std::optional<Condition> only_true(std::optional<Condition> condition) {
  return condition && condition->status == "True" ? condition : std::nullopt;
}

// The API server notes when each field manager last wrote.
std::optional<WallTime> status_written_at(const Json& pipeline) {
  for (const Json& entry : pipeline.at("metadata/managedFields").items()) {
    if (entry.get("manager").as_string() == "tidegate-status") return parse_time(entry.get("time").as_string());
  }
  return std::nullopt;
}

std::optional<std::int64_t> integer(const Json& value) {
  return value.is_number() ? std::optional(value.as_int(static_cast<std::int64_t>(value.as_double()))) : std::nullopt;
}

std::optional<double> number(const Json& value) {
  return value.is_number() ? std::optional(value.as_double()) : std::nullopt;
}

StageView stage_view(const Json& spec, const std::string& kind, const Json& status) {
  StageView stage;
  stage.name = spec.get("name").as_string();
  stage.kind = kind;
  stage.from = kind == "processor" ? spec.at("from/0").as_string() : spec.get("from").as_string();
  stage.to = spec.get("to").as_string();
  stage.state = status.get("state").as_string("Unknown");
  stage.message = status.get("message").as_string();
  stage.replicas = integer(status.get("replicas"));
  stage.ready_replicas = integer(status.get("readyReplicas"));
  stage.rate_in = number(status.get("rateIn"));
  stage.rate_out = number(status.get("rateOut"));
  stage.lag_records = integer(status.get("lagRecords"));
  stage.lag_seconds = number(status.get("lagSeconds"));
  stage.dead_letters = integer(status.get("deadLetters"));
  return stage;
}

const Json& stage_status(const Json& pipeline, const std::string& name) {
  static const Json none;
  for (const Json& stage : pipeline.at("status/stages").items()) {
    if (stage.get("name").as_string() == name) return stage;
  }
  return none;
}

// A processor comes after those whose output it reads. Those on a cycle keep their order in the spec.
std::vector<StageView> in_flow_order(std::vector<StageView> waiting) {
  std::vector<StageView> ordered;
  while (!waiting.empty()) {
    const auto fed_by_none = [&](const StageView& stage) {
      return std::none_of(waiting.begin(), waiting.end(), [&](const auto& other) { return other.to == stage.from; });
    };
    auto next = std::find_if(waiting.begin(), waiting.end(), fed_by_none);
    if (next == waiting.end()) next = waiting.begin();
    ordered.push_back(std::move(*next));
    waiting.erase(next);
  }
  return ordered;
}

std::vector<StageView> stages_of(const Json& pipeline) {
  const auto views = [&](const std::string& list, const std::string& kind) {
    std::vector<StageView> stages;
    for (const Json& spec : pipeline.at("spec/" + list).items()) {
      stages.push_back(stage_view(spec, kind, stage_status(pipeline, spec.get("name").as_string())));
    }
    return stages;
  };
  std::vector<StageView> stages = views("sources", "source");
  for (StageView& stage : in_flow_order(views("processors", "processor"))) stages.push_back(std::move(stage));
  for (StageView& stage : views("sinks", "sink")) stages.push_back(std::move(stage));
  return stages;
}

}  // namespace

PipelineView view_pipeline(const Json& pipeline, WallTime now) {
  PipelineView view;
  view.ns = pipeline.at("metadata/namespace").as_string();
  view.name = pipeline.at("metadata/name").as_string();
  if (auto ready = find_condition(pipeline, "Ready")) {
    view.ready = *ready;
    view.outdated = pipeline.at("status/observedGeneration").as_int() < pipeline.at("metadata/generation").as_int();
  }
  view.stalled = only_true(find_condition(pipeline, "Stalled"));
  view.reconciling = only_true(find_condition(pipeline, "Reconciling"));
  if (const auto written = status_written_at(pipeline)) view.age_ms = milliseconds_between(*written, now);
  view.bootstrap_servers = pipeline.at("status/kafka/bootstrapServers").as_string();
  view.problems = listed_problems(pipeline);
  view.stages = stages_of(pipeline);
  return view;
}

OperatorView view_operator(const std::string& name, const Json& lease, const std::string& error, WallTime now) {
  if (lease.is_null()) return {name, "cannot tell whether the operator lives: " + error};
  if (lease.at("spec/holderIdentity").as_string().empty()) return {name, "no operator holds the Lease"};
  const auto renewed = parse_time(lease.at("spec/renewTime").as_string());
  if (!renewed) return {name, "the operator's Lease has no renewTime"};
  const std::int64_t age = milliseconds_between(*renewed, now) / 1000;
  if (age <= 2 * lease.at("spec/leaseDurationSeconds").as_int(15)) return {name, ""};
  return {name, cat("the operator ", lease.at("spec/holderIdentity").as_string(), " has not renewed its Lease for ",
                    std::to_string(age), " s: nobody watches the pipelines")};
}

}  // namespace tidegate::cli
