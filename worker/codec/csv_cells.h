// The values of a CSV record (RFC 4180).
#pragma once

#include <string>
#include <string_view>

namespace tidegate::codec {

struct CsvCell {
  std::string_view text;
  bool quoted = false;
};

// Takes what stands before the next delimiter off `rest`, a record without its line end; the delimiter stays. Quotes
// are taken away in place, so `rest` must be of memory that may be written. What is wrong with the record, or nullptr.
const char* take_csv_cell(std::string_view& rest, char delimiter, CsvCell& cell);

// Appends a value in quotes.
void append_csv_quoted(std::string_view text, std::string& out);

}  // namespace tidegate::codec
