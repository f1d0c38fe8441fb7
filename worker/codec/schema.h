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

enum class Type : std::uint8_t { boolean, integer, bigint, float64, decimal, varchar, date, timestamp };

// A type with its parameters. `width` and `scale` are those of DECIMAL(width,scale), 1 <= width <= 38,
// scale <= width; zero for all other types.
struct FieldType {
  Type type = Type::varchar;
  std::uint8_t width = 0;
  std::uint8_t scale = 0;

  // Reads BOOLEAN INTEGER BIGINT DOUBLE DECIMAL(p,s) VARCHAR DATE TIMESTAMP in any case. Fails with reason InvalidType.
  static Result<FieldType> parse(std::string_view name);
  // The name as parse() takes it; also valid SQL in DuckDB, and in PostgreSQL except DOUBLE (there DOUBLE PRECISION).
  std::string name() const;

  friend bool operator==(const FieldType&, const FieldType&) = default;
};

struct Field {
  std::string name;
  FieldType type;
  bool required = false;

  friend bool operator==(const Field&, const Field&) = default;
};

// An ordered list of fields with distinct names (compared without case, as SQL does). Immutable; copies are cheap
// enough to keep one per reader.
class Schema {
 public:
  Schema() = default;
  // Fails with reason InvalidSchema on empty or repeated names.
  static Result<Schema> of(std::vector<Field> fields);
  // Reads `[{"name": "card", "type": "VARCHAR", "required": true}]`; errors name the field.
  static Result<Schema> from_json(const Json& fields);
  // The inverse; `required` only where true.
  Json to_json() const;

  const std::vector<Field>& fields() const { return fields_; }
  std::size_t size() const { return fields_.size(); }
  const Field& operator[](std::size_t index) const { return fields_[index]; }
  // By exact name.
  std::optional<std::size_t> find(std::string_view name) const;

  friend bool operator==(const Schema&, const Schema&) = default;

 private:
  std::vector<Field> fields_;
};

}  // namespace tidegate::codec
