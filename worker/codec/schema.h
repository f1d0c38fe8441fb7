// The declared fields of a topic's records and their types (docs/architecture.md, "Field types").
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/json/json.h"

namespace tidegate::codec {

enum class Type : std::uint8_t { boolean, integer, bigint, float64, decimal, varchar, date, timestamp, json };

// A type with its parameters. `width` and `scale` are those of DECIMAL(width,scale), 1 <= width <= 38,
// scale <= width; zero for all other types.
struct FieldType {
  Type type = Type::varchar;
  std::uint8_t width = 0;
  std::uint8_t scale = 0;

  // Reads BOOLEAN INTEGER BIGINT DOUBLE DECIMAL(p,s) VARCHAR DATE TIMESTAMP JSON in any case. Fails with reason
  // InvalidType.
  static Result<FieldType> parse(std::string_view name);
  // The name as parse() takes it; also valid SQL in DuckDB, and in PostgreSQL except DOUBLE (there DOUBLE PRECISION).
  std::string name() const;

  friend bool operator==(const FieldType&, const FieldType&) = default;
};

// What a TIMESTAMP that is a number counts since 1970-01-01 UTC; none: it is ISO 8601 text.
enum class Unit : std::uint8_t { none, seconds, milliseconds, microseconds };

// The part of a record that a field comes from.
enum class From : std::uint8_t { value, key, timestamp, partition, offset, header };

struct Field {
  std::string name;
  FieldType type;
  bool required = false;
  std::vector<std::string> path = {};  // from the record's object down to the value; empty: the member `name`
  Unit unit = Unit::none;
  From from = From::value;
  std::string header = {};  // its name, when the field comes from one

  friend bool operator==(const Field&, const Field&) = default;
};

// How a record's value is encoded.
struct Format {
  enum class Kind : std::uint8_t { json, csv, text };
  Kind kind = Kind::json;
  char delimiter = ',';  // of csv

  // Reads {"format": "json|csv|text", "delimiter": ";"}, both optional. Fails with reason InvalidSchema.
  static Result<Format> from_json(const Json& json);
  friend bool operator==(const Format&, const Format&) = default;
};

// An ordered list of fields with distinct names (compared without case, as SQL does). Immutable; copies are cheap
// enough to keep one per reader.
class Schema {
 public:
  Schema() = default;
  // Fails with reason InvalidSchema on empty or repeated names and on fields that the format cannot give.
  static Result<Schema> of(std::vector<Field> fields, Format format = {});
  // Reads `[{"name": "city", "type": "VARCHAR", "required": true, "path": "address.city"}]` (or `"unit": "ms"`,
  // `"from": "key"`, `"header": "trace"`) and what Format::from_json reads; errors name the field.
  static Result<Schema> from_json(const Json& fields, const Json& format = {});
  // The inverse; only what is not the default.
  Json to_json() const;

  // The fields that come from records' values, in order: what there is before a record is in Kafka.
  Schema of_values() const;
  // Whether some field comes from beside the value (metadata.h).
  bool needs_metadata() const;

  Format format() const { return format_; }
  const std::vector<Field>& fields() const { return fields_; }
  std::size_t size() const { return fields_.size(); }
  const Field& operator[](std::size_t index) const { return fields_[index]; }
  // By exact name.
  std::optional<std::size_t> find(std::string_view name) const;

  friend bool operator==(const Schema&, const Schema&) = default;

 private:
  std::vector<Field> fields_;
  Format format_;
};

}  // namespace tidegate::codec
