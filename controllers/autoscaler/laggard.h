// A replica that is slower than the others: a throttled node, a neighbour that takes its disk.
#pragma once

#include <map>
#include <optional>

#include "controllers/autoscaler/autoscaler.h"

namespace tidegate::autoscaler {

// Partitions are assigned by count, so the slowest replica bounds them all, which the average capacity does not show.
// A replica shows its own capacity while records wait for it. Not thread-safe.
class Laggard {
 public:
  // `usual`: what one replica is known to take in per second. The look must hold known figures.
  void look(double now, const StageLook& look, const Figure& usual);
  // What was seen so far is no longer comparable with what follows.
  void interrupt() { seen_.clear(); }

  // Records per second that the slowest replica takes in; nothing while all are alike.
  Figure rate() const { return slow_ ? Figure(slow_->rate) : std::nullopt; }
  int replica() const { return slow_ ? slow_->replica : -1; }

 private:
  struct Seen {
    std::size_t holding = 0;  // which partitions, as a sum that tells sets apart well enough
    double position = 0;
    double waiting = 0;
    double pressed_seconds = 0;  // records have waited for it without a break
    double rate = 0;             // smoothed, while pressed
  };
  struct Slow {
    int replica = 0;
    double rate = 0;
    double until = 0;
  };
  void compare(double now, double usual);

  std::map<int, Seen> seen_;  // by replica
  double at_ = 0;
  std::optional<Slow> slow_;
};

}  // namespace tidegate::autoscaler
