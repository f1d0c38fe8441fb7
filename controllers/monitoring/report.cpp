#include "controllers/monitoring/report.h"

#include <algorithm>

#include "common/base/text.h"

namespace tidegate::controllers {
namespace {

constexpr std::size_t kMost = 16;
constexpr std::size_t kMessageBytes = 200;

// The clause of a message, between "kind stage: " and "; remedy".
std::string clause(std::string text, const std::string& stage, const health::KindInfo& kind, std::string& stage_kind) {
  const std::string name = cat(" ", stage, ": ");
  if (const auto at = text.find(name); !stage.empty() && at != std::string::npos) {
    stage_kind = text.substr(0, at);
    text = text.substr(at + name.size());
  }
  if (const auto at = text.rfind(cat("; ", kind.remedy)); at != std::string::npos) text.resize(at);
  return text;
}

}  // namespace

Json problems_json(const std::vector<health::Problem>& problems) {
  Json out = Json::Array{};
  for (std::size_t i = 0; i < std::min(kMost, problems.size()); ++i) {
    const health::Problem& problem = problems[i];
    Json one = Json::object({{"reason", health::info(problem.finding.kind).reason},
                             {"severity", health::to_string(problem.finding.severity)},
                             {"message", health::message(problem, kMessageBytes)},
                             {"since", to_rfc3339(problem.since)}});
    if (!problem.finding.stage.empty()) one["stage"] = problem.finding.stage;
    if (!problem.finding.subject.empty()) one["subject"] = std::string(truncate_utf8(problem.finding.subject, 64));
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<health::Problem> read_problems(const Json& status) {
  std::vector<health::Problem> out;
  for (const Json& item : status.at("problems").items()) {
    const auto since = parse_rfc3339(item.at("since").as_string());
    for (const health::KindInfo& kind : health::catalogue()) {
      if (item.at("reason").as_string() != kind.reason || !since) continue;
      std::string stage_kind;
      const std::string& stage = item.at("stage").as_string();
      const std::string what = clause(item.at("message").as_string(), stage, kind, stage_kind);
      health::Finding found = health::finding(kind.kind, stage, stage_kind, item.at("subject").as_string(), what);
      if (item.at("severity").as_string() == "critical") found.severity = health::Severity::critical;
      out.push_back({std::move(found), *since});
    }
  }
  return out;
}

Condition healthy(const std::vector<health::Problem>& problems) {
  if (problems.empty()) return {"Healthy", Truth::yes, "NoProblem", "nothing is wrong"};
  const health::Problem& worst = problems.front();
  return {"Healthy", Truth::no, health::info(worst.finding.kind).reason, health::message(worst, 1000, true)};
}

void keep_health(Json& status, const Json& before) {
  if (before.has("problems")) status["problems"] = before.at("problems");
  for (const Json& condition : before.at("conditions").items()) {
    if (condition.at("type").as_string() == "Healthy") status["conditions"].push_back(condition);
  }
}

}  // namespace tidegate::controllers
