#include "controllers/scaling/history.h"

#include <cmath>

namespace tidegate::controllers {
namespace {

bool same_outcome(const autoscaler::Decision& a, const autoscaler::Decision& b) {
  return a.from == b.from && a.to == b.to && a.from == a.to && a.recommended == b.recommended && a.reason == b.reason &&
         a.clamps == b.clamps;
}

// Figures with at most four significant digits: for people and short answers.
Json figure(const autoscaler::Figure& value) {
  if (!value || !std::isfinite(*value)) return nullptr;
  if (*value == 0) return 0;
  const double scale = std::pow(10.0, 3 - std::floor(std::log10(std::abs(*value))));
  const double rounded = std::round(*value * scale) / scale;
  if (std::abs(rounded) < 1e15 && rounded == std::floor(rounded)) return static_cast<std::int64_t>(rounded);
  return rounded;
}

}  // namespace

void DecisionHistory::add(SteadyTime now, WallTime wall, const autoscaler::Decision& decision) {
  if (!entries_.empty() && same_outcome(entries_.back().decision, decision) && now - entries_.back().began < kSpan) {
    Entry& entry = entries_.back();
    entry.last = wall;
    entry.ended = now;
    ++entry.evaluations;
    entry.decision = decision;
    return;
  }
  entries_.push_back({wall, wall, now, now, 1, decision});
  if (entries_.size() > kEntries) entries_.pop_front();
}

Json to_json(const DecisionHistory::Entry& entry) {
  const autoscaler::Decision& decision = entry.decision;
  Json out = Json::object({{"from", to_rfc3339(entry.first)},
                           {"until", to_rfc3339(entry.last)},
                           {"evaluations", entry.evaluations},
                           {"replicas", decision.from},
                           {"decided", decision.to},
                           {"recommended", decision.recommended},
                           {"reason", decision.reason},
                           {"sentence", decision.sentence}});
  for (const auto& [name, value] : decision.terms) out["terms"][name] = figure(value);  // null: unknown
  if (!decision.clamps.empty()) out["clamps"] = Json::array(decision.clamps);
  if (!decision.advice.empty()) out["advice"] = decision.advice;
  if (decision.unknown_seconds) out["unknownSeconds"] = figure(decision.unknown_seconds);
  return out;
}

}  // namespace tidegate::controllers
