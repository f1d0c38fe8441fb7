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
  // For headers(), which reads one of them:
  std::string_view raw_headers = {};  // of a record of a batch's memory, as they lie in the log
  void* handle = nullptr;             // the client library's message, of a record that came alone
};

// What one poll brought: ordered by partition, then offset. Movable; keeping one alive keeps client buffers alive, so
// few of them should be. Not thread-safe.
class RecordBatch {
 public:
  RecordBatch();
  // What records without a handle lie in.
  struct Memory {
    int partition;
    std::shared_ptr<const void> bytes;
  };
  // Takes over the library's messages behind the records' handles.
  explicit RecordBatch(std::vector<Record> records, std::vector<Memory> memory = {});
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
  std::vector<Memory> memory_;
};

// The headers of a record of a living batch; parsed on demand.
std::vector<Header> headers(const Record& record);

}  // namespace tidegate::kafka
