#include "controllers/health/tracker.h"

#include <algorithm>

namespace tidegate::health {
namespace {

constexpr Duration kRewordEvery{60'000};

}  // namespace

void Tracker::resume(const Instant& now, const Problem& problem) {
  const Finding& found = problem.finding;
  entries_[{found.kind, found.stage, found.subject}] = {problem, now.steady, now.steady + kHold, now.steady, true};
}

Tracker::Changes Tracker::look(const Instant& now, const std::vector<Finding>& found) {
  Changes changes;
  for (const Finding& one : found) {
    const auto [at, fresh] = entries_.try_emplace({one.kind, one.stage, one.subject});
    Entry& entry = at->second;
    if (fresh) entry = {{one, now.wall}, now.steady, now.steady, now.steady, false};
    entry.last = std::max(entry.last, now.steady);
    const bool worse = one.severity < entry.problem.finding.severity;
    if (!entry.told || worse || now.steady - entry.worded >= kRewordEvery) {
      entry.problem.finding = one;
      entry.worded = now.steady;
    }
    const Duration patience = info(one.kind).begins + (one.patient ? kPatience : Duration{0});
    if (!entry.told ? now.steady - entry.first >= patience : worse) {
      entry.told = true;
      changes.begun.push_back(entry.problem);
    }
  }
  std::erase_if(entries_, [&](const auto& item) {
    const Entry& entry = item.second;
    const Duration gone = entry.told ? info(entry.problem.finding.kind).ends : Duration{0};
    if (entry.last == now.steady || now.steady - entry.last < gone || now.steady < entry.last) return false;
    if (entry.told) changes.ended.push_back(entry.problem);
    return true;
  });
  return changes;
}

std::vector<Problem> Tracker::problems() const {
  std::vector<Problem> out;
  for (const auto& [key, entry] : entries_) {
    if (entry.told) out.push_back(entry.problem);
  }
  std::sort(out.begin(), out.end(), worse);
  return out;
}

}  // namespace tidegate::health
