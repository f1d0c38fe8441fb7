#include "cli/explain.h"

#include <algorithm>

#include "common/base/text.h"

namespace tidegate::cli {
namespace {

constexpr std::size_t kClock = 11;  // where the time of day begins in an RFC 3339 time

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string replicas(const Json& entry) {
  const std::string before = std::to_string(entry.at("replicas").as_int());
  const std::int64_t decided = entry.at("decided").as_int();
  const std::int64_t recommended = entry.at("recommended").as_int();
  std::string out = decided == entry.at("replicas").as_int() ? before : cat(before, "->", std::to_string(decided));
  if (recommended != decided) out += cat(" (", std::to_string(recommended), ")");
  return out;
}

}  // namespace

Json choose(const Json& answer, const ExplainChoice& choice) {
  const std::string since = choice.since ? to_rfc3339(*choice.since) : "";
  Json stages = Json::Object{};
  for (const auto& [stage, entries] : answer.at("stages").members()) {
    if (!choice.stage.empty() && stage != choice.stage) continue;
    Json kept = Json::Array{};
    for (const Json& entry : entries.items()) {
      if (entry.at("until").as_string() >= since) kept.push_back(entry);  // RFC 3339 in UTC sorts as text
    }
    stages[stage] = std::move(kept);
  }
  return Json::object({{"stages", std::move(stages)}});
}

std::string render_explain(const Json& answer) {
  struct Line {
    std::string time, text;
  };
  std::vector<Line> lines;
  std::size_t width = 5;
  for (const auto& [stage, entries] : answer.at("stages").members()) width = std::max(width, stage.size());
  for (const auto& [stage, entries] : answer.at("stages").members()) {
    for (const Json& entry : entries.items()) {
      const std::string& time = entry.at("from").as_string();
      std::string text = cat(time.size() > kClock ? time.substr(kClock) : time, "  ", padded(stage, width), "  ",
                             padded(replicas(entry), 10), "  ", padded(entry.at("reason").as_string(), 13), "  ",
                             entry.at("sentence").as_string(), "\n");
      if (entry.has("advice")) text += cat(std::string(12 + width, ' '), "^ ", entry.at("advice").as_string(), "\n");
      lines.push_back({time, std::move(text)});
    }
  }
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.time < b.time; });
  if (lines.empty()) return "no decision in that time\n";
  std::string out =
      cat("TIME       ", padded("STAGE", width), "  ", padded("REPLICAS", 10), "  ", padded("REASON", 13), "  WHY\n");
  for (const Line& line : lines) out += line.text;
  return out;
}

}  // namespace tidegate::cli
