// Detects SilentSource and TopicLost of one topic.
#pragma once

#include "controllers/health/evidence.h"
#include "controllers/health/problem.h"

namespace tidegate::health {

// Counts the time in which nothing was appended. Time in which Kafka did not say is left out.
class Silence {
 public:
  // It was silent already when the process before told so.
  void resume(const Instant& now) { silent_ = true, since_ = now.wall; }
  void look(const Instant& now, const TopicEvidence& topic, std::vector<Finding>& found);

 private:
  Count appended_;
  SteadyTime grown_at_{}, looked_at_{};
  WallTime since_{};
  bool silent_ = false;
};

// A topic that is gone, or that is another one under the same name: until its readers have taken up the new one, at
// most for ten minutes.
class Replacement {
 public:
  static constexpr Duration kLasts{600'000};
  static constexpr Duration kLeast{60'000};  // so that whoever looks now and then hears of it

  void look(const Instant& now, const TopicEvidence& topic, std::vector<Finding>& found);

 private:
  std::string id_;
  std::optional<SteadyTime> replaced_;
};

}  // namespace tidegate::health
