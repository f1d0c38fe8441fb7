// What one worker has done with each partition, and what of it may be committed.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "kafka/consumer.h"
#include "kafka/delivery.h"

namespace tidegate::stage {

// Pure bookkeeping, no I/O; one thread uses it. The rule that it keeps: a position becomes committable only after every
// record that came from the input before it, outputs and dead letters, was acknowledged. Counters move with the
// position and continue from the committed metadata, so they are exact across restarts.
class Ledger {
 public:
  // The outcome of consecutive records of one partition.
  struct Entry {
    std::int64_t position = 0;  // to be committed: after the last of the records
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::int64_t dead_letters = 0;
    std::shared_ptr<kafka::Delivery> delivery;  // null: nothing had to be written
    std::int64_t busy_us = 0;                   // as in kafka::CommitMetadata
    std::int64_t wait_us = 0;
  };
  struct Settled {
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::optional<Error> failed;  // a record will never be acknowledged: begin again at the committed position
  };

  // `replica`: the ordinal that commits carry.
  explicit Ledger(std::optional<int> replica = std::nullopt) : replica_(replica) {}

  void assign(const kafka::StartPosition& start);
  void revoke(int partition) { partitions_.erase(partition); }
  bool empty() const { return partitions_.empty(); }

  void add(int partition, Entry entry);
  // Reading has reached `position` without further records (the end of the log, transaction markers).
  void reach(int partition, std::int64_t position);
  // This partition is not read any more, and why.
  void hold(int partition, std::string problem);

  // Takes note of acknowledgements.
  Settled settle();
  // Entries not settled, of all or of some partitions.
  std::size_t under_way() const;
  std::size_t under_way(const std::vector<int>& partitions) const;

  // Why partitions are held; empty when none is.
  std::string problem() const;
  // Something changed since the last commit that was accepted.
  bool moved() const;
  // What to commit: the partitions that changed, or all. `problem` is the stage's (empty: running).
  std::vector<kafka::Commit> commits(bool all, const std::string& stage_problem, std::int64_t now_ms) const;
  std::vector<kafka::Commit> commits_of(const std::vector<int>& partitions, const std::string& stage_problem,
                                        std::int64_t now_ms) const;
  // Those commits were accepted.
  void accepted(const std::vector<kafka::Commit>& commits);

 private:
  struct Partition {
    std::string topic_id;
    Entry done;  // committable
    std::deque<Entry> under_way;
    std::int64_t committed = -1;  // offset of the last accepted commit by this worker
    std::string problem;
  };
  kafka::Commit commit_of(int number, const Partition& partition, const std::string& stage_problem,
                          std::int64_t now_ms) const;
  std::optional<int> replica_;
  std::map<int, Partition> partitions_;
};

// "fraud-score-1a2b-3" is replica 3.
std::optional<int> ordinal_of(const std::string& instance);

}  // namespace tidegate::stage
