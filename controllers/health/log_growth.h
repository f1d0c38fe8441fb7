// Detects Unbalanced of a topic that processors write: fewer records in its log than Kafka acknowledged. Pure: time is
// given.
#pragma once

#include <string>
#include <vector>

#include "controllers/health/evidence.h"
#include "controllers/health/problem.h"

namespace tidegate::health {

// Surplus = log end - records that the writers' commits say Kafka acknowledged. Repeats after a kill, other writers and
// transaction markers add to it for good, records written and not yet committed for a moment; nothing but a loss makes
// it less. So it never falls below what it was when nothing was under way, which is learned whenever the writers have
// read all there is; at the first look it is taken to be zero, or what is missing then. A loss shows as soon as no
// more than that is under way, at the latest when the writers have caught up. Not thread-safe.
class LogGrowth {
 public:
  static constexpr Duration kLasts{600'000};

  // `writers`: the processors whose output the topic is. Unknown counts say nothing.
  void look(const Instant& now, const TopicEvidence& topic, const std::vector<const StageEvidence*>& writers,
            std::vector<Finding>& found);

 private:
  struct Sample {
    SteadyTime at;
    std::int64_t acknowledged = 0, appended = 0, readable = 0;
    bool done = false;  // all that was readable was read
  };

  std::string of_;  // topic id and writers: others begin anew
  std::optional<Sample> last_;
  std::optional<std::int64_t> floor_;
  std::int64_t missing_ = 0;
  SteadyTime changed_{};
};

}  // namespace tidegate::health
