#include "kafka/record.h"

#include "kafka/client.h"

namespace tidegate::kafka {

RecordBatch::RecordBatch() = default;
RecordBatch::RecordBatch(std::vector<Record> records) : records_(std::move(records)) {}
RecordBatch::~RecordBatch() {
  release();
}

RecordBatch::RecordBatch(RecordBatch&& other) noexcept : records_(std::move(other.records_)) {
  other.records_.clear();
}

RecordBatch& RecordBatch::operator=(RecordBatch&& other) noexcept {
  if (this != &other) {
    release();
    records_ = std::move(other.records_);
    other.records_.clear();
  }
  return *this;
}

void RecordBatch::release() {
  for (const Record& record : records_) {
    if (record.handle != nullptr) rd_kafka_message_destroy(static_cast<rd_kafka_message_t*>(record.handle));
  }
  records_.clear();
}

std::vector<Header> headers(const Record& record) {
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
