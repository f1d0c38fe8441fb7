// Reads a whole topic from its beginning and follows it from then on, outside of any consumer group: nothing is
// committed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "kafka/config.h"
#include "kafka/record.h"

namespace tidegate::kafka {

// Not thread-safe. Reads committed records only; never waits for a broker but in poll().
class TopicFollower {
 public:
  static Result<std::unique_ptr<TopicFollower>> open(const ClientConfig& client, const std::string& topic);
  ~TopicFollower();
  TopicFollower(const TopicFollower&) = delete;
  TopicFollower& operator=(const TopicFollower&) = delete;

  struct Followed {
    RecordBatch records;
    // The records are the first of a topic: of the one that was found, of another of that name, or of the same with
    // another number of partitions. What came before is void.
    bool anew = false;
  };
  // The next records, at most `max`, waiting up to `wait` for a first. Fails when this client is of no use any more.
  Result<Followed> poll(std::size_t max, Duration wait);

  // Whether every partition was read to where it ended when reading began.
  bool caught_up() const;
  struct Progress {
    std::int64_t read = 0;
    std::int64_t of = 0;
  };
  // In offsets, as far as known.
  Progress progress() const;
  // Offsets that are not read yet, as far as known.
  std::int64_t lag() const;
  // 0 until the topic is found.
  int partitions() const;
  // Why it cannot be read now; empty when it can, as far as known.
  std::string problem() const;

 private:
  struct Impl;
  explicit TopicFollower(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::kafka
