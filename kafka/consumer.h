// Reads one topic as a static member of a consumer group (classic protocol), read_committed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "kafka/commit_metadata.h"
#include "kafka/config.h"
#include "kafka/record.h"

namespace tidegate::kafka {

struct TransactionOffsets;

// classic: a static member, assigned by one of the members. consumer: KIP-848, assigned by the broker (Kafka 4.0 on).
enum class GroupProtocol { classic, consumer };

struct ConsumerOptions {
  ClientConfig client;
  std::string group;
  std::string instance;  // group.instance.id: a restart within the session timeout keeps its partitions
  GroupProtocol protocol = GroupProtocol::classic;
  std::string topic;
  std::string start = "earliest";  // where a group without a committed offset begins: earliest | latest | RFC 3339 time
  // Begin at the committed offset, as a stage with windows must; others begin at the position beside it, if that is
  // further.
  bool rewind = false;
  std::stop_token stop;  // ends waiting for Kafka inside a rebalance
};

// Where reading of an assigned partition begins. With a `problem` (reason DataLost: the log begins after the committed
// offset; TopicReplaced: the log ends before it or the topic has another id) it is not read at all until the group's
// offset is reset: going on would skip records in silence.
struct StartPosition {
  int partition = 0;
  std::int64_t position = 0;
  std::optional<CommitMetadata> committed;  // of the group, if Tidegate committed it
  bool first = false;                       // the group had no offset
  std::string topic_id;                     // what the committed counters belong to
  std::optional<Error> problem;
};

// Called from inside Consumer::poll() and close().
class AssignmentListener {
 public:
  virtual ~AssignmentListener() = default;
  // Also without partitions: the group has none for this member (now).
  virtual void assigned(const std::vector<StartPosition>& partitions) = 0;
  // The last moment to commit. `lost`: they already belong to somebody else, a commit would be refused.
  virtual void revoked(const std::vector<int>& partitions, bool lost) = 0;
};

struct Polled {
  RecordBatch records;
  struct End {
    int partition;
    std::int64_t position;
    std::int64_t seen;  // records handed out since the assignment
  };
  std::vector<End> ends;  // partitions read to their stable end; the position is past transaction markers
  struct Broken {
    int partition;
    Error error;  // DataLost or TopicReplaced, found while reading
  };
  std::vector<Broken> broken;  // not read any further
};

struct Commit {
  int partition = 0;
  std::int64_t offset = 0;  // where the next reader begins
  std::string metadata;
  std::int64_t revision = 0;  // for the caller
};

// One thread uses it; only problem() and away() may be called by others.
class Consumer {
 public:
  // `listener` must outlive it.
  static Result<std::unique_ptr<Consumer>> create(const ConsumerOptions& options, AssignmentListener& listener);
  ~Consumer();  // close()s
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  // Waits up to `wait` for a first record, then up to `gather` for more, at most `max`. Partitions take turns: one that
  // has more than there is room for is followed by the next one. Runs rebalances.
  // Fails only when this client is of no use any more (e.g. another process with this instance name).
  Result<Polled> poll(std::size_t max, Duration wait, Duration gather);

  // Starts a commit; one at a time (see commit_under_way). The outcome comes from committed().
  void commit(std::span<const Commit> offsets);
  bool commit_under_way() const;
  // The outcome of the commit under way, waiting up to `timeout` for it; nullopt: none yet.
  std::optional<Result<void>> committed(Duration timeout);

  // For Producer::commit_transaction(): the offsets, with the group as this member knows it now. A broker refuses them
  // when a rebalance has left it behind.
  std::shared_ptr<const TransactionOffsets> for_transaction(std::span<const Commit> offsets) const;

  // While paused, poll() brings no records but keeps the membership. Covers partitions assigned later.
  void pause();
  void resume();

  // Gives partitions up through the listener and leaves the group, so that other members take them over at once and not
  // after the session timeout. Waits up to `patience`; only close() may follow.
  void leave(Duration patience);
  // Hands partitions back through the listener and disconnects, keeping the static membership. Idempotent.
  void close();
  // Records of the assigned partitions not handed out yet, as far as brokers have told; asks nobody.
  std::int64_t lag() const;
  // Why no broker can be reached now; empty when one can, as far as known. Thread-safe.
  std::string problem() const;
  // Whether no broker can be reached now, as far as this client knows. Thread-safe.
  bool away() const;

 private:
  struct Impl;
  explicit Consumer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::kafka
