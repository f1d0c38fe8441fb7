// A lookup table: the last record of each key of a topic, in memory.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/result.h"
#include "common/json/json.h"
#include "worker/codec/column.h"
#include "worker/codec/key.h"
#include "worker/codec/record_reader.h"
#include "worker/codec/schema.h"

namespace tidegate::engine {

// Rows are found by their canonical key (docs/architecture.md, "Keys"), which must be the key of their records too, so
// that a record without value finds the row that it removes. Not thread-safe; movable, unless an Engine reads it.
class Table {
 public:
  // `{"topic", "key": […], "fields": […]}`, with `format` and `delimiter` as topics have them. Fails with InvalidSchema
  // or InvalidKey.
  static Result<Table> from_json(const Json& table);

  const std::string& name() const { return name_; }
  const codec::Schema& fields() const { return reader_.schema(); }
  const std::vector<std::string>& key() const { return key_; }

  // Takes a record: its row replaces that of the same key; without a value it removes it. Fails with a record's reasons
  // (RecordReader), KeyMismatch when the key is not that of the fields, or MissingField without a key; the table is
  // then as it was.
  Result<void> put(std::optional<std::string_view> key, std::optional<std::string_view> value);
  // A record whose key is that of its fields.
  Result<void> put(std::string_view value);
  void clear();

  std::size_t rows() const { return rows_.size(); }
  // What the rows take, about.
  std::size_t bytes() const { return bytes_; }

  // Writes the row that `row` of `key_columns` names into row `row` of `out` (a column per field); nulls when there is
  // none or a part of the key is null. `key_columns`: a column per field, those of the key set. Texts point into the
  // table until it changes.
  void look_up(std::span<const codec::Column> key_columns, std::size_t row, std::span<const codec::Column> out) const;

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  struct Row {
    std::unique_ptr<char[]> bytes;  // a byte per field, whether it is not null; the fields' elements; long texts
    std::size_t size = 0;
  };
  using Rows = std::unordered_map<std::string, Row, Hash, std::equal_to<>>;

  Table(std::string name, codec::Schema fields, std::vector<std::string> key, codec::KeyEncoder encoder);
  Result<void> read(std::string_view value);
  Row pack() const;
  void replace(std::string_view key, Row row);

  std::string name_;
  std::vector<std::string> key_;
  codec::KeyEncoder encoder_;
  codec::RecordReader reader_;
  std::vector<std::size_t> key_fields_;
  std::vector<std::size_t> offsets_;     // of each field's element in a row
  std::size_t texts_ = 0;                // offset of the long texts
  std::vector<codec::Int128> elements_;  // the record that is read: an element and a word of validity per field
  std::vector<std::uint64_t> validity_;
  std::vector<codec::Column> columns_;
  std::string canonical_;
  mutable std::string probe_;
  Rows rows_;
  std::size_t bytes_ = 0;
};

// All of a list; [] and null are none.
Result<std::vector<Table>> tables_from_json(const Json& list);

}  // namespace tidegate::engine
