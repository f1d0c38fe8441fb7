// When the watermark of a partition moves although no record came.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "common/base/clock.h"
#include "worker/stage/settings.h"
#include "worker/window/window.h"

namespace tidegate::stage {

// What a stage before this one committed about a partition that it reads.
struct Promise {
  window::Micros watermark = window::kNever;  // rows that it is still to write are not older
  bool idle = false;
};

// What all of them together promise: the least, idle ones left out; the newest of them when all are idle.
window::Micros together(std::span<const Promise> promises);

// What was seen of the stages before this one: first their promise, then the log ends of their topic. Whatever comes
// behind the ends was written after the promise was made, so it keeps it.
struct Look {
  window::Micros promise = window::kNever;
  std::vector<std::int64_t> ends;  // by partition: high watermarks
};

// Pure; one thread uses it. A partition's watermark moves
// - of a topic that stages of the pipeline write: to what they promised, less maxOutOfOrder, once the partition was
//   read past the end that was seen after that;
// - of one that others fill, with close_when_idle: with the clock, a second of quiet by a second, once the partition
//   has stood at its end for the timeout.
// Time in which nobody asks (a frozen process, Kafka away) is no quiet: nobody knows what came meanwhile.
class Watermarks {
 public:
  explicit Watermarks(const TimeSettings& settings) : settings_(settings) {}

  // Reading begins at `position`, where this was the watermark.
  void assign(int partition, std::int64_t position, window::Micros watermark);
  void revoke(int partition) { partitions_.erase(partition); }
  // Records came, and are still to go through the step.
  void stir(int partition);
  // Records before `position` went through the step, which is at this watermark then.
  void read(int partition, std::int64_t position, window::Micros watermark);
  // The log ends at `position`, and everything before went through the step.
  void reach(int partition, std::int64_t position, SteadyTime now);
  void look(const Look& look);

  // To be called at least every second while records would be taken; partitions that are idle now.
  std::vector<int> idle(SteadyTime now);
  struct Due {
    int partition = 0;
    window::Micros watermark = window::kNever;
  };
  // The next partition that is to be advanced, if any. After idle().
  std::optional<Due> due(SteadyTime now);

 private:
  struct Target {
    std::int64_t end = 0;
    window::Micros watermark = window::kNever;
  };
  struct Partition {
    std::int64_t position = 0;
    window::Micros watermark = window::kNever;
    std::optional<Target> target;
    std::optional<Target> next;       // seen since; kept apart, so that a growing log does not move the target away
    std::optional<SteadyTime> quiet;  // since when it stands at its end
    window::Micros watermark_then = window::kNever;
  };
  bool is_idle(const Partition& partition, SteadyTime now) const;

  const TimeSettings& settings_;
  std::map<int, Partition> partitions_;
  std::optional<SteadyTime> asked_;
};

}  // namespace tidegate::stage
