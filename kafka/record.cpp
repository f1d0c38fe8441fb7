#include "kafka/record.h"

#include <algorithm>

#include "kafka/client.h"
#include "kafka/record_set.h"

namespace tidegate::kafka {
namespace {

void destroy(const Record& record) {
  if (record.handle != nullptr) rd_kafka_message_destroy(static_cast<rd_kafka_message_t*>(record.handle));
}

}  // namespace

RecordBatch::RecordBatch() = default;
RecordBatch::RecordBatch(std::vector<Record> records, std::vector<Memory> memory)
    : records_(std::move(records)), memory_(std::move(memory)) {
  const auto by_partition = [](const Record& a, const Record& b) { return a.partition < b.partition; };
  if (!std::is_sorted(records_.begin(), records_.end(), by_partition)) {
    std::stable_sort(records_.begin(), records_.end(), by_partition);
  }
}
RecordBatch::~RecordBatch() {
  release();
}

RecordBatch::RecordBatch(RecordBatch&& other) noexcept
    : records_(std::move(other.records_)), memory_(std::move(other.memory_)) {
  other.records_.clear();
}

RecordBatch& RecordBatch::operator=(RecordBatch&& other) noexcept {
  if (this != &other) {
    release();
    records_ = std::move(other.records_);
    memory_ = std::move(other.memory_);
    other.records_.clear();
  }
  return *this;
}

void RecordBatch::release() {
  for (const Record& record : records_) destroy(record);
  records_.clear();
  memory_.clear();
}

void RecordBatch::drop(int partition) {
  std::erase_if(records_, [partition](const Record& record) {
    if (record.partition == partition) destroy(record);
    return record.partition == partition;
  });
  std::erase_if(memory_, [partition](const Memory& memory) { return memory.partition == partition; });
}

std::vector<RecordBatch> RecordBatch::split() {
  std::vector<RecordBatch> batches;
  for (auto begin = records_.begin(); begin != records_.end();) {
    const auto end =
        std::find_if(begin, records_.end(), [&](const Record& r) { return r.partition != begin->partition; });
    if (begin == records_.begin() && end == records_.end()) {
      batches.push_back(std::move(*this));
      return batches;
    }
    std::vector<Memory> memory;
    std::copy_if(memory_.begin(), memory_.end(), std::back_inserter(memory),
                 [&](const Memory& m) { return m.partition == begin->partition; });
    batches.emplace_back(std::vector<Record>(begin, end), std::move(memory));
    begin = end;
  }
  records_.clear();  // the new batches own the messages
  memory_.clear();
  return batches;
}

std::vector<Header> headers(const Record& record) {
  if (!record.raw_headers.empty()) return parse_headers(record.raw_headers);
  std::vector<Header> found;
  rd_kafka_headers_t* list = nullptr;
  if (record.handle == nullptr ||
      rd_kafka_message_headers(static_cast<rd_kafka_message_t*>(record.handle), &list) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return found;
  }
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(list, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    found.push_back({name, value == nullptr
                               ? std::nullopt
                               : std::optional<std::string>(std::in_place, static_cast<const char*>(value), size)});
  }
  return found;
}

}  // namespace tidegate::kafka
