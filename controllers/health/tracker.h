// From findings of successive looks to problems that neither flap nor come too early. Pure: time is given.
#pragma once

#include <map>
#include <tuple>

#include "controllers/health/evidence.h"
#include "controllers/health/problem.h"

namespace tidegate::health {

// Not thread-safe.
class Tracker {
 public:
  static constexpr Duration kPatience{20'000};  // longer while pods come and go
  static constexpr Duration kHold{30'000};      // for what an earlier process told: time to find it again

  struct Changes {
    std::vector<Problem> begun;  // or became worse
    std::vector<Problem> ended;
    bool any() const { return !begun.empty() || !ended.empty(); }
  };

  // What was told by an earlier process.
  void resume(const Instant& now, const Problem& problem);
  Changes look(const Instant& now, const std::vector<Finding>& found);
  // Worst first.
  std::vector<Problem> problems() const;

 private:
  struct Entry {
    Problem problem;
    SteadyTime first, last;  // found
    SteadyTime worded;       // the text is renewed now and then
    bool told = false;
  };
  std::map<std::tuple<Kind, std::string, std::string>, Entry> entries_;  // by kind, stage, subject
};

}  // namespace tidegate::health
