// Small text helpers that several folders need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidegate {

// Concatenates anything that std::string can be appended with.
template <typename... Parts>
std::string cat(const Parts&... parts) {
  std::string out;
  (out.append(parts), ...);
  return out;
}

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
// ASCII letters only, as SQL and HTTP compare names.
std::string lower(std::string_view text);

// Lower-case hexadecimal SHA-256 of the bytes.
std::string sha256_hex(std::string_view bytes);

// The longest prefix of at most `bytes` bytes that does not cut a UTF-8 sequence.
std::string_view truncate_utf8(std::string_view text, std::size_t bytes);

}  // namespace tidegate
