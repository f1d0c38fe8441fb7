#include "worker/codec/csv_cells.h"

#include <algorithm>
#include <cstring>

namespace tidegate::codec {

const char* take_csv_cell(std::string_view& rest, char delimiter, CsvCell& cell) {
  if (!rest.starts_with('"')) {
    const std::size_t end = std::min(rest.find(delimiter), rest.size());
    cell.text = rest.substr(0, end);
    if (cell.text.find('"') != std::string_view::npos) return "a value holds a quote and is not in quotes";
    if (cell.text.find_first_of("\r\n") != std::string_view::npos) return "the record has more than one line";
    rest.remove_prefix(end);
    return nullptr;
  }
  rest.remove_prefix(1);
  char* out = const_cast<char*>(rest.data());  // doubled quotes only make the text shorter
  char* const begin = out;
  for (;;) {
    const std::size_t quote = rest.find('"');
    if (quote == std::string_view::npos) return "a quote is not closed";
    if (out != rest.data()) std::memmove(out, rest.data(), quote);
    out += quote;
    rest.remove_prefix(quote + 1);
    if (!rest.starts_with('"')) break;
    *out++ = '"';
    rest.remove_prefix(1);
  }
  if (!rest.empty() && rest.front() != delimiter) return "text stands behind a closing quote";
  cell = {{begin, static_cast<std::size_t>(out - begin)}, true};
  return nullptr;
}

void append_csv_quoted(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    out += c;
    if (c == '"') out += c;
  }
  out += '"';
}

}  // namespace tidegate::codec
