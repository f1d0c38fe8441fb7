// Reads a stretch of a topic once, outside of any consumer group: nothing is committed.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "kafka/config.h"
#include "kafka/record.h"

namespace tidegate::kafka {

// Not thread-safe. Reads committed records only.
class TopicReader {
 public:
  struct Stretch {
    std::int64_t from = 0;
    std::int64_t to = 0;  // the offset after the last
  };
  // By partition; empty stretches are left out.
  static Result<std::unique_ptr<TopicReader>> open(const ClientConfig& client, const std::string& topic,
                                                   const std::map<int, Stretch>& stretches);
  ~TopicReader();
  TopicReader(const TopicReader&) = delete;
  TopicReader& operator=(const TopicReader&) = delete;

  // The next records, at most `max`, waiting up to `wait` for a first; none when it is done() or nothing came.
  Result<RecordBatch> read(std::size_t max, Duration wait);
  bool done() const;

 private:
  struct Impl;
  explicit TopicReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::kafka
