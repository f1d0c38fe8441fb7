// Reads records whose value is one text.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "worker/codec/column.h"
#include "worker/codec/schema.h"
#include "worker/codec/values.h"

namespace tidegate::codec {

// The whole value, which must be UTF-8, becomes the schema's one VARCHAR. Interface and lifetimes as JsonReader's.
class TextReader {
 public:
  explicit TextReader(Schema schema);

  const Schema& schema() const { return schema_; }
  void begin(std::size_t bytes);
  Result<void> read(std::string_view record, std::span<const Column> columns, std::size_t row);
  const std::string& summary() const { return complaint_.summary; }

 private:
  Schema schema_;
  std::size_t field_ = 0;
  std::vector<char> arena_;
  std::size_t used_ = 0;
  Complaint complaint_;
};

}  // namespace tidegate::codec
