#include "worker/codec/text_reader.h"

#include <simdjson.h>

#include <cstring>

namespace tidegate::codec {

TextReader::TextReader(Schema schema) : schema_(std::move(schema)) {
  while (schema_[field_].from != From::value) ++field_;  // there is exactly one
}

void TextReader::begin(std::size_t bytes) {
  if (arena_.size() < bytes) arena_.resize(bytes);
  used_ = 0;
}

Result<void> TextReader::read(std::string_view record, std::span<const Column> columns, std::size_t row) {
  if (record.size() > kMaxRecordBytes) {
    complaint_.oversized(record.size());
  } else if (!simdjson::validate_utf8(record.data(), record.size())) {
    complaint_.set("Malformed", "the record is not UTF-8");
  } else {
    char* const copy = arena_.data() + used_;
    if (!record.empty()) std::memcpy(copy, record.data(), record.size());
    used_ += record.size();
    put_text(columns[field_], row, schema_[field_], {copy, record.size()});
    columns[field_].set_valid(row);
    return {};
  }
  return std::move(complaint_.error);
}

}  // namespace tidegate::codec
