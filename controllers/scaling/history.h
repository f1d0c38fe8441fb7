// What was decided for a stage lately. Pure: time is given.
#pragma once

#include <deque>
#include <optional>

#include "common/base/clock.h"
#include "controllers/autoscaler/autoscaler.h"

namespace tidegate::controllers {

// Bounded: at most kEntries. Evaluations that follow each other with the same outcome share an entry, which holds the
// newest figures, for up to kSpan; every evaluation is counted, and each change has an entry of its own.
class DecisionHistory {
 public:
  static constexpr std::size_t kEntries = 120;
  static constexpr Duration kSpan{10'000};

  struct Entry {
    WallTime first, last;
    SteadyTime began, ended;
    int evaluations = 0;
    autoscaler::Decision decision;  // the last of them
  };

  void add(SteadyTime now, WallTime wall, const autoscaler::Decision& decision);
  const std::deque<Entry>& entries() const { return entries_; }  // oldest first

 private:
  std::deque<Entry> entries_;
};

Json to_json(const DecisionHistory::Entry& entry);

}  // namespace tidegate::controllers
