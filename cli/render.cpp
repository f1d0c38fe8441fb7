// The two outputs of `kubectl tidegate status`.
#include <array>
#include <cmath>
#include <cstdio>

#include "cli/format.h"
#include "cli/view.h"
#include "common/base/text.h"
#include "crds/names.h"

namespace tidegate::cli {
namespace {

constexpr const char* kNone = "-";     // does not apply to this stage
constexpr const char* kUnknown = "?";  // applies, but is not known

std::string grouped(std::int64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t end = digits.size(); end > 3 && digits[end - 4] != '-'; end -= 3) digits.insert(end - 3, ",");
  return digits;
}

std::string count(const std::optional<std::int64_t>& value) {
  return value ? grouped(*value) : kUnknown;
}

std::string rate(const std::optional<double>& value) {
  if (!value) return kUnknown;
  if (*value >= 10 || *value == 0) return grouped(std::llround(*value));
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", *value);
  return text.data();
}

std::string route(const StageView& stage) {
  if (stage.kind == "source") return "-> " + stage.to;
  return stage.to.empty() ? stage.from + " ->" : stage.from + " -> " + stage.to;
}

std::vector<std::string> row(const StageView& stage) {
  const bool reads = stage.kind != "source";
  const bool writes = stage.kind != "sink";
  return {stage.name,
          stage.kind,
          stage.state,
          count(stage.ready_replicas) + "/" + count(stage.replicas),
          reads || stage.rate_in ? rate(stage.rate_in) : kNone,
          writes || stage.rate_out ? rate(stage.rate_out) : kNone,
          reads ? count(stage.lag_records) : kNone,
          reads ? (stage.lag_seconds ? seconds(*stage.lag_seconds) : kUnknown) : kNone,
          reads || stage.dead_letters ? count(stage.dead_letters) : kNone,
          route(stage)};
}

std::string dead_letters_of(const PipelineView& pipeline, std::size_t stage) {
  return crds::dead_letter_topic(pipeline.ns, pipeline.name, pipeline.stages[stage].name);
}

std::string table(const PipelineView& pipeline) {
  const std::vector<StageView>& stages = pipeline.stages;
  Rows rows = {{"STAGE", "KIND", "STATE", "PODS", "IN/s", "OUT/s", "LAG", "BEHIND", "DEAD", "ROUTE"}};
  for (const StageView& stage : stages) rows.push_back(row(stage));
  const auto lines = table_lines(rows, {false, false, false, true, true, true, true, true, true, false});
  std::string out = lines[0] + "\n";
  for (std::size_t i = 0; i < stages.size(); ++i) {
    out += lines[i + 1] + "\n";
    if (!stages[i].message.empty()) out += "  ^ " + stages[i].message + "\n";
    if (stages[i].dead_letters.value_or(0) > 0) out += "  ^ dead letters in " + dead_letters_of(pipeline, i) + "\n";
  }
  return out;
}

std::string headline(const PipelineView& pipeline) {
  const Condition& ready = pipeline.ready;
  const std::string verdict = ready.status == "True"    ? "Ready"
                              : ready.status == "False" ? "NOT READY"
                                                        : "readiness unknown";
  return cat(pipeline.ns, "/", pipeline.name, "  ", verdict, " (", ready.reason, "): ", ready.message, "\n");
}

template <typename T>
void set_known(Json& object, const std::string& key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}

Json to_json(const Condition& condition) {
  return Json::object({{"status", condition.status}, {"reason", condition.reason}, {"message", condition.message}});
}

Json to_json(const StageView& stage) {
  Json out = Json::object({{"name", stage.name}, {"kind", stage.kind}, {"state", stage.state}});
  if (!stage.from.empty()) out["from"] = stage.from;
  if (!stage.to.empty()) out["to"] = stage.to;
  if (!stage.message.empty()) out["message"] = stage.message;
  set_known(out, "replicas", stage.replicas);
  set_known(out, "readyReplicas", stage.ready_replicas);
  set_known(out, "rateIn", stage.rate_in);
  set_known(out, "rateOut", stage.rate_out);
  set_known(out, "lagRecords", stage.lag_records);
  set_known(out, "lagSeconds", stage.lag_seconds);
  set_known(out, "deadLetters", stage.dead_letters);
  return out;
}

}  // namespace

std::string render_text(const PipelineView& pipeline, const OperatorView& op) {
  std::string out;
  if (!op.problem.empty()) out += cat("WARNING: ", op.problem, " (Lease ", op.name, ")\n");
  out += headline(pipeline);
  if (pipeline.stalled) out += cat("Stalled (", pipeline.stalled->reason, "): ", pipeline.stalled->message, "\n");
  if (pipeline.reconciling) {
    out += cat("Reconciling (", pipeline.reconciling->reason, "): ", pipeline.reconciling->message, "\n");
  }
  for (const Problem& problem : pipeline.problems) {
    if (problem.reason == "Refused") continue;  // that is Stalled
    out += cat(problem.severity == "critical" ? "CRITICAL " : "Warning ", problem.reason, ": ", problem.message, "\n");
  }
  if (pipeline.outdated) out += "The last change of the spec has not been looked at yet.\n";
  std::vector<std::string> facts;
  if (pipeline.age_ms) facts.push_back("status of " + seconds(static_cast<double>(*pipeline.age_ms / 1000)) + " ago");
  if (!pipeline.bootstrap_servers.empty()) facts.push_back("Kafka " + pipeline.bootstrap_servers);
  if (!facts.empty()) out += join(facts, ", ") + "\n";
  return out + "\n" + table(pipeline);
}

Json render_json(const PipelineView& pipeline, const OperatorView& op) {
  Json out = Json::object({{"namespace", pipeline.ns}, {"name", pipeline.name}, {"ready", to_json(pipeline.ready)}});
  if (pipeline.stalled) out["stalled"] = to_json(*pipeline.stalled);
  if (pipeline.reconciling) out["reconciling"] = to_json(*pipeline.reconciling);
  out["specObserved"] = !pipeline.outdated;
  if (pipeline.age_ms) out["statusAgeSeconds"] = *pipeline.age_ms / 1000;
  if (!pipeline.bootstrap_servers.empty()) out["bootstrapServers"] = pipeline.bootstrap_servers;
  out["operator"] = Json::object({{"lease", op.name}});
  if (!op.problem.empty()) out["operator"]["problem"] = op.problem;
  out["problems"] = Json::Array();
  for (const Problem& problem : pipeline.problems) out["problems"].push_back(to_json(problem));
  out["stages"] = Json::Array();
  for (const StageView& stage : pipeline.stages) out["stages"].push_back(to_json(stage));
  return out;
}

}  // namespace tidegate::cli
