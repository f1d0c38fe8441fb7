// Records as they come out of a topic.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::kafka {

struct Header {
  std::string name;
  std::optional<std::string> value;
};

// Views into memory that the RecordBatch owns. nullopt is Kafka's null, which is not the same as empty.
struct Record {
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;  // as in the topic: the producer's or the broker's; -1 when the record has none
  int partition = 0;
  std::int64_t number = 0;  // how many of its partition the client has handed out since the assignment, this included
  void* handle = nullptr;   // the client library's message; see headers()
};

// What one poll brought: ordered by partition, then offset. Movable; keeping one alive keeps client buffers alive, so
// few of them should be. Not thread-safe.
class RecordBatch {
 public:
  RecordBatch();
  // Takes over the library's messages behind the records' handles.
  explicit RecordBatch(std::vector<Record> records);
  ~RecordBatch();
  RecordBatch(RecordBatch&& other) noexcept;
  RecordBatch& operator=(RecordBatch&& other) noexcept;

  std::span<const Record> records() const { return records_; }
  bool empty() const { return records_.empty(); }
  // Drops the records of a partition.
  void drop(int partition);
  // One batch per partition; this one is empty afterwards.
  std::vector<RecordBatch> split();

 private:
  void release();
  std::vector<Record> records_;
};

// The headers of a record of a living batch; parsed on demand.
std::vector<Header> headers(const Record& record);

}  // namespace tidegate::kafka
