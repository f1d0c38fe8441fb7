// The string beside a committed offset: how a stage reports its progress (docs/architecture.md, "Commit metadata").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace tidegate::kafka {

struct CommitMetadata {
  std::int64_t position = 0;
  std::int64_t records_in = 0;
  std::int64_t records_out = 0;
  std::int64_t dead_letters = 0;
  std::string topic_id;
  std::int64_t at_ms = 0;  // the worker's wall clock
  bool waiting = false;
  std::string problem;  // why it waits; at most 300 bytes are kept

  std::string encode() const;
  // Fails with reason InvalidMetadata, also for "" (an offset committed by somebody else).
  static Result<CommitMetadata> decode(std::string_view text);
};

}  // namespace tidegate::kafka
