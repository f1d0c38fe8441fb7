// How far a stage is and since when it stands still, from successive looks at Kafka. Pure: time is given.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "controllers/health/evidence.h"
#include "crds/pipeline.h"
#include "kafka/admin.h"
#include "kafka/commit_metadata.h"

namespace tidegate::controllers {

// A rate per second from a counter's values, over the last 15 s.
class Rate {
 public:
  void add(SteadyTime at, std::int64_t total);
  // Nothing until values span 4 s.
  std::optional<double> value() const;

 private:
  std::deque<std::pair<SteadyTime, std::int64_t>> samples_;
};

// What is known about a stage's progress; absent = unknown, never zero by default.
struct StageFigures {
  bool known = false;    // its committed offsets have been read
  bool started = false;  // it has committed at least once
  bool waiting = false;  // the worker says that it cannot go on
  std::string problem;   // ... for what
  std::string unread;    // why offsets cannot be read for a while now; the other figures are old then
  bool moving = false;   // took in records within the last 5 s
  std::optional<std::int64_t> lag_records;
  std::optional<double> lag_seconds;  // age of the oldest record that waits
  std::optional<double> rate_in;      // records per second
  std::optional<double> rate_out;
  std::optional<std::int64_t> dead_letters;
  Duration standing{0};  // the longest time for which records wait in a partition and none was taken in
  Duration silent{0};    // the longest time for which a partition's commit was not renewed
};

// What autoscaling is decided on. Absent = unknown: not looked at for too long, silent, partial or contradictory.
// Counters run since the group's start.
struct StageReading {
  struct Partition {
    std::optional<double> end;       // of the log
    std::optional<double> readable;  // last stable offset
    std::optional<double> position;  // never beyond `readable`
    int replica = -1;                // ordinal that committed last; -1 unknown
  };
  std::vector<Partition> partitions;
  SteadyTime ends_read{};  // when `end` and `readable` were asked for
  std::optional<double> busy_seconds;
  std::optional<double> wait_seconds;  // for the target, part of busy_seconds
  std::optional<double> records_out;
  std::optional<double> age_seconds;  // of the oldest record that waits
  std::string waiting;                // what a worker says that it waits for; "" when none does
};

// What health is judged by beside the figures: every partition's counters, as its last commit says.
struct StageAccount {
  std::vector<health::PartitionEvidence> partitions;
  std::string dead_letter;  // text of the one that was told last
  std::string topic_id;     // of the input, as the commit that was made last has it; "" when none says
};

// A worker commits within 200 ms of moving, so that this long without is no pause between batches.
inline constexpr Duration kStandsStill{8'000};
// It renews its commit every 10 s when there is nothing to do.
inline constexpr Duration kGoneSilent{25'000};
// Log ends are read every second.
inline constexpr Duration kLogStale{5'000};

// What a verdict depends on, in a word that changes when the verdict would: the observer's reason to call.
std::string outline(const StageFigures& figures);

class StageProgress {
 public:
  // `fills`: the stage writes the topic that is looked at; its offsets are no positions in it.
  explicit StageProgress(crds::Start start, bool fills = false) : start_(start), fills_(fills) {}

  // One look; both lists by partition. While not `active` (no pod runs, or Kafka was away) standing and silent are
  // zero.
  void observe(SteadyTime now, bool active, const std::vector<kafka::LogOffsets>& log,
               const std::vector<kafka::CommittedOffset>& committed);
  // Log ends alone, between two looks at the commits: ages need them.
  void observe_log(SteadyTime now, const std::vector<kafka::LogOffsets>& log);

  // Kafka did not answer: what stands or is silent meanwhile says nothing about the worker.
  void pause(SteadyTime now);

  StageFigures figures(SteadyTime now) const;
  StageReading reading(SteadyTime now) const;  // reading.cpp
  // Without log ends while they cannot be read: what stood open at the last look need not stand open now.
  StageAccount account(SteadyTime now) const;  // account.cpp

 private:
  struct Partition {
    std::int64_t position = -1;  // next record to take in; -1 unknown
    std::string metadata;        // of the last commit
    std::int64_t start = -1, stable = -1;
    SteadyTime moved{};            // when position changed last, or when records began to wait after that
    SteadyTime heard{};            // when the commit changed last
    std::int64_t end = -1;         // of the log
    kafka::CommitMetadata report;  // of the last commit that was legible
    bool committed = false;
    bool legible = false;  // the metadata of the last commit is ours
    bool beyond = false;   // the position was beyond a log end that was read after it: not the same log
    // When the log end passed these offsets, oldest first: (end, time). What `aged_from` is below is of unknown age.
    std::deque<std::pair<std::int64_t, SteadyTime>> ends;
    std::int64_t aged_from = -1;
    Duration spacing{0};  // of `ends`: grows while the backlog does, so that its room is bounded
  };

  static void remember_end(Partition& partition, std::int64_t end, SteadyTime now);
  static void pass_end(Partition& partition, std::int64_t end, SteadyTime now);
  std::int64_t position_of(const kafka::CommittedOffset& committed, const Result<kafka::CommitMetadata>& report,
                           const kafka::LogOffsets& log) const;

  crds::Start start_;
  bool fills_;
  std::vector<Partition> partitions_;
  bool known_ = false;
  SteadyTime log_read_{}, commits_read_{};
  SteadyTime last_moved_{};
  bool ever_moved_ = false;
  Rate in_, out_;
};

}  // namespace tidegate::controllers
