// How tests read records: as one line of text.
#pragma once

#include <string>
#include <string_view>

#include "worker/codec/row_reader.h"

namespace tidegate::codec {

// The row as "a|b|…" with NULL for nulls, or "Reason: message".
inline std::string read(RowReader& rows, std::string_view record, const Metadata* metadata = nullptr) {
  if (auto result = rows.read(record, metadata); !result) return result.error().reason + ": " + result.error().message;
  std::string out;
  for (std::size_t f = 0; f < rows.schema().size(); ++f) {
    if (f > 0) out += '|';
    out += rows.text(f).value_or("NULL");
  }
  return out;
}

inline std::string reason(RowReader& rows, std::string_view record) {
  const std::string text = read(rows, record);
  return text.substr(0, text.find(':'));
}

}  // namespace tidegate::codec
