// Canonical key bytes of a row (docs/architecture.md, "Keys"); producers partition by murmur2 over them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "worker/codec/column.h"
#include "worker/codec/schema.h"

namespace tidegate::codec {

// One VARCHAR field: its UTF-8 bytes. Otherwise a compact JSON object of the fields in key order, values as RowWriter
// writes them, nulls included. No key at all when every field is null, or when there are no key fields.
// Immutable after creation, so thread-safe.
class KeyEncoder {
 public:
  KeyEncoder() = default;  // no key fields: every key is null
  // `key` names fields of `schema`. Fails with reason InvalidKey, naming the field and those there are.
  static Result<KeyEncoder> of(const Schema& schema, const std::vector<std::string>& key);

  // Appends the key of `row` to `out`; false (nothing appended) when the key is null. `columns` in schema order.
  bool append(std::span<const Column> columns, std::size_t row, std::string& out) const;

  bool empty() const { return parts_.empty(); }

 private:
  struct Part {
    std::size_t field;
    FieldType type;
    std::string label;  // `{"name":` or `,"name":`
  };
  std::vector<Part> parts_;
};

}  // namespace tidegate::codec
