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
#include "worker/stage/accounts.h"
#include "worker/window/progress.h"

namespace tidegate::stage {

// Where a windowed stage left a partition; nothing when none was there.
std::optional<window::Resume> resume_of(const kafka::StartPosition& start);

// Pure bookkeeping, no I/O; one thread uses it. The rule that it keeps: a position becomes committable only after every
// record that came from the input before it, outputs and dead letters, was acknowledged. Counters move with the
// position and continue from the committed metadata, so they are exact across restarts and revocations.
class Ledger {
 public:
  // That many records of about that timestamp (ms).
  struct Sample {
    std::int64_t timestamp_ms = 0;
    std::int64_t records = 0;
  };
  // The outcome of consecutive records of one partition.
  struct Entry {
    std::int64_t position = 0;  // to be committed: after the last of the records
    std::int64_t seen = 0;      // kafka::Record::number of the last of the records
    Accounts accounts;          // without what the deliveries will tell: `dead_letters` and, of a processor, `out`
    std::shared_ptr<kafka::Delivery> rows;          // null: none had to be written
    std::shared_ptr<kafka::Delivery> dead_letters;  // the same
    std::vector<Sample> samples;
    std::optional<window::Progress> windows;  // of a stage that follows event time, after the records
  };
  struct Settled {
    Accounts accounts;
    std::int64_t seen = 0;
    std::vector<Sample> samples;
    std::optional<Error> failed;  // a record will never be acknowledged: begin again at the committed position
  };

  // `replica`: the ordinal that commits carry.
  // `windows`: what the windows depend on, as commits carry it; empty for a stage without windows.
  explicit Ledger(std::optional<int> replica = std::nullopt, std::string windows = "")
      : replica_(replica), windows_(std::move(windows)) {}

  void assign(const kafka::StartPosition& start);
  void revoke(int partition) { partitions_.erase(partition); }
  bool empty() const { return partitions_.empty(); }

  void add(int partition, Entry entry);
  // What came out without further records; the entry's position and `seen` are those of what is under way.
  void advance(int partition, Entry entry);
  // Just these partitions have been quiet for so long that stages behind must not wait for them. One with an open
  // window is not idle to them.
  void idle(const std::vector<int>& partitions);
  // Records up to the one with this number (kafka::Record::number) were accounted for by an earlier worker.
  void rebuilt(int partition, std::int64_t number);
  // Reading has reached `position` without further records (the end of the log, transaction markers), when `seen` had
  // been handed out.
  void reach(int partition, std::int64_t position, std::int64_t seen);
  // This partition is not read any more, and why.
  void hold(int partition, std::string problem);

  // Takes note of acknowledgements.
  Settled settle();
  // Entries not settled, of all or of some partitions.
  std::size_t under_way() const;
  std::size_t under_way(const std::vector<int>& partitions) const;
  // Their records.
  std::int64_t records_under_way() const;

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
    // Committable:
    std::int64_t position = 0;
    std::int64_t seen = 0;  // since this worker was assigned the partition
    Accounts accounts;
    // As this worker found it:
    std::int64_t seen_from = 0;
    std::int64_t seen_before = 0;
    std::deque<Entry> under_way;
    std::optional<window::Progress> windows;
    bool idle = false;
    std::int64_t revision = 1;   // of what a commit would say
    std::int64_t committed = 0;  // revision of the last accepted commit by this worker
    std::string problem;
  };
  kafka::Commit commit_of(int number, const Partition& partition, const std::string& stage_problem,
                          std::int64_t now_ms) const;
  std::optional<int> replica_;
  std::string windows_;
  std::map<int, Partition> partitions_;
  std::int64_t reached_ = 0;  // records handed out that reach() told of, not yet told by settle()
};

// "fraud-score-1a2b-3" is replica 3.
std::optional<int> ordinal_of(const std::string& instance);

}  // namespace tidegate::stage
