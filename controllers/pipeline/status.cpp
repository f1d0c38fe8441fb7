#include "controllers/pipeline/status.h"

#include <cmath>

#include "common/base/text.h"
#include "controllers/monitoring/report.h"

namespace tidegate::controllers {
namespace {

void put(Json& out, const char* name, const std::optional<double>& value) {
  if (value) out[name] = rounded(*value);
}

Json stage_json(const StageReport& stage, const ScalingReport& scaling) {
  Json out = Json::object({{"name", stage.name},
                           {"kind", stage.kind},
                           {"state", to_string(stage.verdict.state)},
                           {"replicas", stage.replicas},
                           {"readyReplicas", stage.ready}});
  if (const auto scaled = scaling.stages.find(stage.name); scaled != scaling.stages.end()) {
    out["desiredReplicas"] = scaled->second.recommended;
    out["scaling"] = scaled->second.reason;
    out["scalingMessage"] = truncate_utf8(scaled->second.sentence, 120);
  }
  // Ready's message has it in full when it matters.
  if (!stage.verdict.message.empty()) out["message"] = truncate_utf8(stage.verdict.message, 80);
  if (!stage.url.empty()) out["url"] = stage.url;
  if (stage.kind == "source") {
    put(out, "rateOut", stage.append_rate);
    if (stage.figures.dead_letters) out["deadLetters"] = *stage.figures.dead_letters;
    return out;
  }
  put(out, "rateIn", stage.figures.rate_in);
  if (stage.kind == "processor") put(out, "rateOut", stage.figures.rate_out);
  if (stage.figures.lag_records) out["lagRecords"] = rounded(static_cast<double>(*stage.figures.lag_records));
  put(out, "lagSeconds", stage.figures.lag_seconds);
  if (stage.figures.dead_letters) out["deadLetters"] = *stage.figures.dead_letters;
  return out;
}

void add_scaling(std::vector<Condition>& out, const ScalingReport& scaling) {
  if (!scaling.evaluated) {
    out.push_back({"ScalingActive", Truth::unknown, "NotEvaluated", "nothing was decided yet; replicas are kept"});
  } else if (!scaling.unknown.empty()) {
    out.push_back({"ScalingActive", Truth::no, "FiguresUnknown", scaling.unknown});
  } else if (!scaling.problem.empty()) {  // the others hold
    out.push_back({"ScalingActive", Truth::yes, "InvalidAnnotation", scaling.problem});
  } else {
    out.push_back({"ScalingActive", Truth::yes, "FiguresKnown", "replicas follow the load"});
  }
  if (scaling.limited.empty()) {
    out.push_back({"ScalingLimited", Truth::no, "WithinLimits", "limits keep no stage from the objectives"});
  } else {
    out.push_back({"ScalingLimited", Truth::yes, "LimitReached", scaling.limited});
  }
}

Condition ready(const StatusReport& report) {
  if (!report.accepted && report.stalled) return {"Ready", Truth::no, report.stalled->reason, report.stalled->message};
  if (!report.accepted) {
    const Error why = report.rolling_out.value_or(Error{"Starting", "not looked at yet"});
    return {"Ready", Truth::no, why.reason, why.message};
  }
  std::vector<NamedVerdict> verdicts;
  for (const StageReport& stage : report.stages) verdicts.push_back({stage.name, stage.kind, stage.verdict});
  const PipelineVerdict all = judge_all(verdicts);
  return {"Ready", all.ready ? Truth::yes : Truth::no, all.reason, all.message};
}

}  // namespace

Json rounded(double value) {
  if (value <= 0) return 0;
  const double scale = std::pow(10.0, std::floor(std::log10(value)) - 1);
  const double result = std::round(value / scale) * scale;
  if (result >= 10) return static_cast<std::int64_t>(std::llround(result));
  return std::round(result * 100) / 100;
}

std::vector<Condition> conditions(const StatusReport& report) {
  std::vector<Condition> out{ready(report)};
  if (report.rolling_out)
    out.push_back({"Reconciling", Truth::yes, report.rolling_out->reason, report.rolling_out->message});
  else
    out.push_back({"Reconciling", Truth::no, "UpToDate", "everything is as the spec asks"});
  if (report.stalled) {
    const char* rest = report.accepted ? " (what was accepted before runs on)" : "";
    out.push_back({"Stalled", Truth::yes, report.stalled->reason, cat(report.stalled->message, rest)});
  } else {
    out.push_back({"Stalled", Truth::no, "NotStalled", "nothing waits for a human"});
  }
  if (report.scaled) add_scaling(out, report.scaling);
  if (report.problems) out.push_back(healthy(*report.problems));
  return out;
}

Json status_json(const StatusReport& report, const Json& before, WallTime now) {
  Json out = Json::object(
      {{"observedGeneration", report.generation},
       {"conditions", conditions_json(conditions(report), before.at("conditions"), report.generation, now)}});
  if (!report.bootstrap_servers.empty()) out["kafka"]["bootstrapServers"] = report.bootstrap_servers;
  if (!report.cluster.empty()) out["kafka"]["cluster"] = report.cluster;
  std::optional<double> lag;
  for (const StageReport& stage : report.stages) {
    out["stages"].push_back(stage_json(stage, report.scaling));
    if (stage.figures.lag_records) lag = lag.value_or(0) + static_cast<double>(*stage.figures.lag_records);
  }
  if (report.problems && !report.problems->empty()) out["problems"] = problems_json(*report.problems);
  if (!report.problems) keep_health(out, before);
  if (!report.topics.empty()) out["topics"] = to_json(report.topics);
  put(out, "eventsPerSecond", report.events_per_second);
  if (lag) out["lag"] = static_cast<std::int64_t>(rounded(*lag).as_double());
  return out;
}

Json without_figures(Json status) {
  status.erase("eventsPerSecond");
  status.erase("lag");
  Json stages;
  for (Json stage : status.at("stages").items()) {
    for (const char* figure : {"rateIn", "rateOut", "lagRecords", "lagSeconds", "deadLetters", "desiredReplicas",
                               "scaling", "scalingMessage"})
      stage.erase(figure);
    stages.push_back(std::move(stage));
  }
  status["stages"] = std::move(stages);
  // Their figures are renewed while they last.
  Json problems = Json::Array{};
  for (Json problem : status.at("problems").items()) {
    problem.erase("message");
    problems.push_back(std::move(problem));
  }
  status["problems"] = std::move(problems);
  Json conditions = Json::Array{};
  for (Json condition : status.at("conditions").items()) {
    if (condition.at("type").as_string() == "Healthy") condition.erase("message");
    conditions.push_back(std::move(condition));
  }
  status["conditions"] = std::move(conditions);
  return status;
}

}  // namespace tidegate::controllers
