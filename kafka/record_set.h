// The records of a batch as they lie in the log: what the library hands out with consume.record.sets (dev/deps).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "kafka/record.h"

namespace tidegate::kafka {

// Reads one record after the other (Kafka protocol, "Record Batch" of magic 2, behind its header and decompressed). The
// records' views point into the given bytes.
class RecordSet {
 public:
  // `timestamp_ms` is the batch's base timestamp; `appended`: the broker set it, for all records.
  RecordSet(std::string_view records, std::int64_t base_offset, std::int64_t timestamp_ms, bool appended)
      : at_(records.data()),
        end_(records.data() + records.size()),
        base_offset_(base_offset),
        timestamp_ms_(timestamp_ms),
        appended_(appended) {}

  bool done() const { return at_ == end_; }
  // Not when done(). Sets key, value, raw_headers, offset and timestamp_ms. Fails with reason CorruptLog when the bytes
  // are no record; nothing can be read after it.
  Result<void> next(Record& record);

 private:
  const char* at_;
  const char* end_;
  std::int64_t base_offset_;
  std::int64_t timestamp_ms_;
  bool appended_;
};

// Of Record::raw_headers; ends before the first byte that is none.
std::vector<Header> parse_headers(std::string_view raw);

}  // namespace tidegate::kafka
