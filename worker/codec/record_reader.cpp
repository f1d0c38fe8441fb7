#include "worker/codec/record_reader.h"

#include <simdjson.h>

#include "common/base/text.h"

namespace tidegate::codec {
namespace {

std::variant<JsonReader, CsvReader, TextReader> reader_of(Schema schema) {
  switch (schema.format().kind) {
    case Format::Kind::csv:
      return CsvReader(std::move(schema));
    case Format::Kind::text:
      return TextReader(std::move(schema));
    case Format::Kind::json:
      break;
  }
  return JsonReader(std::move(schema));
}

}  // namespace

RecordReader::RecordReader(Schema schema) : reader_(reader_of(std::move(schema))) {
  for (std::size_t f = 0; f < this->schema().size(); ++f) {
    if (this->schema()[f].from != From::value) beside_.push_back(f);
  }
  plain_json_ = beside_.empty() && std::holds_alternative<JsonReader>(reader_);
}

const Schema& RecordReader::schema() const {
  return std::visit([](const auto& reader) -> const Schema& { return reader.schema(); }, reader_);
}

void RecordReader::begin(std::size_t bytes) {
  std::visit([&](auto& reader) { reader.begin(bytes); }, reader_);
}

const std::string& RecordReader::summary() const {
  if (complained_) return complaint_.summary;
  return std::visit([](const auto& reader) -> const std::string& { return reader.summary(); }, reader_);
}

Result<void> RecordReader::read_other(std::string_view value, const Metadata* metadata, std::span<const Column> columns,
                                      std::size_t row) {
  complained_ = value.data() == nullptr;
  if (complained_) {
    complaint_.set("Malformed", "the record has no value (a tombstone)");
    return std::move(complaint_.error);
  }
  if (auto done = std::visit([&](auto& reader) { return reader.read(value, columns, row); }, reader_); !done) {
    return done;
  }
  complained_ = !beside_.empty() && !read_metadata(metadata, columns, row);
  if (complained_) return std::move(complaint_.error);
  return {};
}

bool RecordReader::read_metadata(const Metadata* metadata, std::span<const Column> columns, std::size_t row) {
  std::size_t header = 0;
  for (const std::size_t f : beside_) {
    const Field& field = schema()[f];
    const std::size_t number = field.from == From::header ? header++ : 0;
    columns[f].set_null(row);
    if (metadata != nullptr) {
      columns[f].set_valid(row);
      if (put_metadata(field, *metadata, number, columns[f], row) != Stored::value) {
        if (field.from == From::timestamp) {
          return complaint_.wrong_type(field, cat(std::to_string(metadata->timestamp_ms), " ms"), "another time");
        }
        return complaint_.wrong_type(field, "bytes that are not UTF-8", "bytes that are not UTF-8");
      }
    }
    if (field.required && !columns[f].valid(row)) return complaint_.missing(field, "not in the record");
  }
  return true;
}

Stored RecordReader::put_metadata(const Field& field, const Metadata& metadata, std::size_t header,
                                  const Column& column, std::size_t row) {
  const auto put_bytes = [&](const auto& bytes) {
    if (!bytes) {
      column.set_null(row);
      return Stored::value;
    }
    if (!simdjson::validate_utf8(bytes->data(), bytes->size())) return Stored::wrong_type;
    return put(column, row, std::optional(Text(*bytes)));
  };
  switch (field.from) {
    case From::key:
      return put_bytes(metadata.key);
    case From::header:
      return put_bytes(metadata.headers.at(header));
    case From::partition:
      return put(column, row, std::optional<std::int32_t>(metadata.partition));
    case From::offset:
      return put(column, row, std::optional(metadata.offset));
    case From::timestamp: {
      if (metadata.timestamp_ms < 0) {
        column.set_null(row);
        return Stored::value;
      }
      std::int64_t time = 0;
      const bool fits = !__builtin_mul_overflow(metadata.timestamp_ms, 1000, &time) && in_calendar(time);
      return put(column, row, fits ? std::optional(time) : std::nullopt);
    }
    case From::value:
      break;
  }
  return Stored::wrong_type;
}

}  // namespace tidegate::codec
