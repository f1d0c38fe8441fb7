// Reads records of any format, and what lies beside their values, into columns.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.h"
#include "worker/codec/csv_reader.h"
#include "worker/codec/json_reader.h"
#include "worker/codec/metadata.h"
#include "worker/codec/text_reader.h"

namespace tidegate::codec {

// As JsonReader, for whichever format the schema has. Not thread-safe.
class RecordReader {
 public:
  explicit RecordReader(Schema schema);

  const Schema& schema() const;
  void begin(std::size_t bytes);

  // A value whose data is null is Kafka's null, a tombstone: Malformed in every format. `metadata` is needed when
  // schema().needs_metadata(); the texts of key and headers point into it. Without it such fields are null.
  Result<void> read(std::string_view value, const Metadata* metadata, std::span<const Column> columns,
                    std::size_t row) {
    // What records mostly are must not pay for the others.
    if (!plain_json_ || value.data() == nullptr) return read_other(value, metadata, columns, row);
    complained_ = false;
    return std::get_if<JsonReader>(&reader_)->read(value, columns, row);
  }

  const std::string& summary() const;

 private:
  Result<void> read_other(std::string_view value, const Metadata* metadata, std::span<const Column> columns,
                          std::size_t row);
  bool read_metadata(const Metadata* metadata, std::span<const Column> columns, std::size_t row);
  Stored put_metadata(const Field& field, const Metadata& metadata, std::size_t header, const Column& column,
                      std::size_t row);

  std::variant<JsonReader, CsvReader, TextReader> reader_;
  std::vector<std::size_t> beside_;  // the fields that come from beside the value
  bool plain_json_;                  // and none does
  Complaint complaint_;
  bool complained_ = false;  // not the reader
};

}  // namespace tidegate::codec
