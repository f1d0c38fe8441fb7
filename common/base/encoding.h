// Bytes as text, and a keyed hash of them.
#pragma once

#include <string>
#include <string_view>

namespace tidegate {

// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);

// RFC 3986: all but letters, digits and -._~ as %XX, upper case; characters in `keep` stay too.
std::string percent_encode(std::string_view text, std::string_view keep = {});

// The inverse; what is no %XX stays as it is.
std::string percent_decode(std::string_view text);

// HMAC-SHA-256 (RFC 2104), 32 bytes as they are.
std::string hmac_sha256(std::string_view key, std::string_view text);

}  // namespace tidegate
