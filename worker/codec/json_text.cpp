#include "worker/codec/json_text.h"

#include <cstdint>
#include <cstring>

namespace tidegate::codec {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighs = 0x8080808080808080;

// Whether any of the eight bytes is zero (Bit Twiddling Hacks, "Determine if a word has a zero byte").
constexpr bool has_zero(std::uint64_t word) {
  return ((word - kOnes) & ~word & kHighs) != 0;
}

bool needs_escape(std::uint64_t word) {
  const bool control = ((word - kOnes * 0x20) & ~word & kHighs) != 0;
  return control || has_zero(word ^ (kOnes * '"')) || has_zero(word ^ (kOnes * '\\'));
}

char* write_escaped(char c, char* out) {
  constexpr char hex[] = "0123456789abcdef";
  *out++ = '\\';
  switch (c) {
    case '"':
      *out++ = '"';
      return out;
    case '\\':
      *out++ = '\\';
      return out;
    case '\b':
      *out++ = 'b';
      return out;
    case '\f':
      *out++ = 'f';
      return out;
    case '\n':
      *out++ = 'n';
      return out;
    case '\r':
      *out++ = 'r';
      return out;
    case '\t':
      *out++ = 't';
      return out;
    default:
      break;
  }
  std::memcpy(out, "u00", 3);
  out[3] = hex[(c >> 4) & 15];
  out[4] = hex[c & 15];
  return out + 5;
}

bool read_hex4(const char* at, const char* end, std::uint32_t& value) {
  if (end - at < 4) return false;
  value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = at[i];
    std::uint32_t digit;
    if (c >= '0' && c <= '9')
      digit = static_cast<std::uint32_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = static_cast<std::uint32_t>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      digit = static_cast<std::uint32_t>(c - 'A' + 10);
    else
      return false;
    value = value * 16 + digit;
  }
  return true;
}

char* write_utf8(std::uint32_t code, char* out) {
  const auto put = [&](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
  return out;
}

// What follows `\u`; moves `at` behind it. False for bad digits and surrogates without a partner.
bool read_unicode(const char*& at, const char* end, std::uint32_t& code) {
  if (!read_hex4(at, end, code)) return false;
  at += 4;
  if (code < 0xD800 || code > 0xDFFF) return true;
  std::uint32_t low = 0;
  if (code > 0xDBFF || end - at < 6 || at[0] != '\\' || at[1] != 'u' || !read_hex4(at + 2, end, low)) return false;
  if (low < 0xDC00 || low > 0xDFFF) return false;
  at += 6;
  code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  return true;
}

}  // namespace

char* write_json_string(std::string_view text, char* out) {
  *out++ = '"';
  const char* at = text.data();
  const char* const end = at + text.size();
  while (end - at >= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    if (needs_escape(word)) {
      for (int i = 0; i < 8; ++i, ++at) {
        const char c = *at;
        if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20)
          out = write_escaped(c, out);
        else
          *out++ = c;
      }
    } else {
      std::memcpy(out, &word, 8);
      out += 8;
      at += 8;
    }
  }
  for (; at != end; ++at) {
    const char c = *at;
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20)
      out = write_escaped(c, out);
    else
      *out++ = c;
  }
  *out++ = '"';
  return out;
}

void append_json_string(std::string_view text, std::string& out) {
  const std::size_t before = out.size();
  out.resize(before + json_string_bound(text.size()));
  out.resize(static_cast<std::size_t>(write_json_string(text, out.data() + before) - out.data()));
}

char* unescape_json_string(std::string_view text, char* out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    if (*at != '\\') {
      *out++ = *at++;
      continue;
    }
    if (++at == end) return nullptr;
    switch (*at++) {
      case '"':
        *out++ = '"';
        break;
      case '\\':
        *out++ = '\\';
        break;
      case '/':
        *out++ = '/';
        break;
      case 'b':
        *out++ = '\b';
        break;
      case 'f':
        *out++ = '\f';
        break;
      case 'n':
        *out++ = '\n';
        break;
      case 'r':
        *out++ = '\r';
        break;
      case 't':
        *out++ = '\t';
        break;
      case 'u': {
        std::uint32_t code = 0;
        if (!read_unicode(at, end, code)) return nullptr;
        out = write_utf8(code, out);
        break;
      }
      default:
        return nullptr;
    }
  }
  return out;
}

}  // namespace tidegate::codec
