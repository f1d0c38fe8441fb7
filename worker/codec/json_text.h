// JSON strings: escaping and unescaping.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidegate::codec {

// The most bytes that write_json_string writes.
constexpr std::size_t json_string_bound(std::size_t length) {
  return 6 * length + 2 + 8;
}

// `text` (UTF-8) in quotes, control characters, quote and backslash escaped, all else as it is; may overwrite up to 8
// bytes beyond the end that it returns, within the bound.
char* write_json_string(std::string_view text, char* out);

void append_json_string(std::string_view text, std::string& out);

// Resolves the escapes of what stands between a string's quotes; null when an escape is invalid (lone surrogates are).
// `out` may be the text's own memory: the result is never longer. Returns the end.
char* unescape_json_string(std::string_view text, char* out);

}  // namespace tidegate::codec
