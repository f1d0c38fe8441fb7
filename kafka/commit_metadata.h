// The string beside a committed offset: how a stage reports its progress (docs/architecture.md, "Commit metadata").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace tidegate::kafka {

struct CommitMetadata {
  std::int64_t position = 0;
  std::int64_t records_in = 0;
  std::int64_t records_out = 0;
  std::int64_t dead_letters = 0;
  // Cumulative like the counts above; absent when an older worker committed.
  std::optional<std::int64_t> busy_us;  // time spent on this partition's records, waiting for the target included
  std::optional<std::int64_t> wait_us;  // the part of it in which only the target was awaited
  std::optional<int> by;                // ordinal of the replica that committed
  std::string topic_id;
  std::int64_t at_ms = 0;  // the worker's wall clock
  bool waiting = false;
  std::string problem;  // why it waits; at most 300 bytes are kept

  std::string encode() const;
  // Fails with reason InvalidMetadata, also for "" (an offset committed by somebody else).
  static Result<CommitMetadata> decode(std::string_view text);
};

}  // namespace tidegate::kafka
