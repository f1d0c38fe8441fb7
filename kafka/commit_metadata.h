// The string beside a committed offset: how a stage reports its progress (docs/architecture.md, "Commit metadata").
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace tidegate::kafka {

struct CommitMetadata {
  // `windows` of a sink whose committed offset lies before `position`, at the oldest record that is not stored yet.
  static constexpr const char* kObjects = "objects";
  static constexpr std::size_t kMaxBytes = 4096;  // what a broker takes by default (offset.metadata.max.bytes)

  std::int64_t position = 0;
  std::int64_t records_in = 0;
  std::int64_t records_out = 0;
  std::int64_t dead_letters = 0;
  // Cumulative like the counts above; absent when an older worker committed.
  std::optional<std::int64_t> busy_us;  // time spent on this partition's records, waiting for the target included
  std::optional<std::int64_t> wait_us;  // the part of it in which only the target was awaited
  std::optional<int> by;                // ordinal of the replica that committed
  // The accounts: what each step counted by itself, so that a record lost between two of them shows. Cumulative; absent
  // when an older worker committed, which is unknown and never zero.
  std::optional<std::int64_t> seen_from;           // offset at which `seen` began to count
  std::optional<std::int64_t> seen;                // records that the Kafka client handed out
  std::optional<std::int64_t> took;                // rows that the engine or the target accepted
  std::optional<std::int64_t> gave;                // rows that the engine returned or the target acknowledged
  std::optional<std::vector<std::int64_t>> nulls;  // per input field, in the settings' order: rows without a value
  std::optional<std::map<std::string, std::int64_t>> dead_letters_by_reason;
  std::string last_error;  // of the latest dead letter, without the record's content; at most 160 bytes are kept
  // Of windowed stages, whose committed offset may lie before `position`: at the oldest record that an open window
  // needs. Microseconds since 1970; absent: no record moved the watermark yet.
  std::optional<std::int64_t> watermark_us;         // at `position`
  std::optional<std::int64_t> watermark_before_us;  // before the record at the committed offset
  // Rows that the stage is still to write from records at `position` or after, or from open windows, are not older.
  std::optional<std::int64_t> output_watermark_us;
  bool idle = false;    // the partition has stood at its end for its idleTimeout, and no window is open
  std::string windows;  // what the windows depend on, hashed, or kObjects; empty: the offset is the position
  std::string topic_id;
  std::int64_t at_ms = 0;  // the worker's wall clock
  bool waiting = false;
  std::string problem;  // why it waits; at most 300 bytes are kept

  // At most kMaxBytes: what does not fit is left out, `nulls` first, then the dead letters' reasons and error.
  std::string encode() const;
  // Fails with reason InvalidMetadata, also for "" (an offset committed by somebody else).
  static Result<CommitMetadata> decode(std::string_view text);
};

}  // namespace tidegate::kafka
