#include "worker/codec/json_tokens.h"

#include <simdjson.h>

#include <bit>
#include <cstring>
#include <string>

#include "worker/codec/json_text.h"
#include "worker/codec/number.h"

namespace tidegate::codec {

struct JsonTokens::Indexer {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  std::size_t capacity = 0;

  bool reserve(std::size_t length) {
    if (length < capacity) return true;
    const std::size_t wanted = std::bit_ceil(std::max<std::size_t>(length + 1, 4096));
    capacity = 0;
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, kMaxDepth, parser) !=
        simdjson::SUCCESS) {
      return false;
    }
    capacity = wanted;
    return true;
  }
};

JsonTokens::JsonTokens() : indexer_(std::make_unique<Indexer>()) {}
JsonTokens::JsonTokens(JsonTokens&&) noexcept = default;
JsonTokens& JsonTokens::operator=(JsonTokens&&) noexcept = default;
JsonTokens::~JsonTokens() = default;

const char* JsonTokens::open(const char* document, std::size_t length) {
  at_ = end_ = nullptr;
  document_ = document;
  if (!indexer_->reserve(length)) return "out of memory";
  auto& parser = *indexer_->parser;
  switch (parser.stage1(reinterpret_cast<const std::uint8_t*>(document), length, simdjson::stage1_mode::regular)) {
    case simdjson::SUCCESS:
      break;
    case simdjson::EMPTY:
      return "the record is empty";
    case simdjson::UTF8_ERROR:
      return "the record is not UTF-8";
    case simdjson::UNCLOSED_STRING:
      return "a string is not closed";
    case simdjson::UNESCAPED_CHARS:
      return "a string holds a control character that is not escaped";
    default:
      return "the record is not JSON";
  }
  at_ = parser.structural_indexes.get();
  end_ = at_ + parser.n_structural_indexes;
  plain_ = std::memchr(document, '\\', length) == nullptr;
  return nullptr;
}

bool JsonTokens::skip_value(unsigned depth) {
  switch (peek()) {
    case '{':
      return depth < kMaxDepth && skip_object(depth + 1);
    case '[':
      return depth < kMaxDepth && skip_array(depth + 1);
    case '"':
      if (!valid_string_here()) return false;
      break;
    case '\0':
      return false;  // at the end, or a stray NUL
    default:
      if (!valid_scalar(token())) return false;
  }
  next();
  return true;
}

std::string_view JsonTokens::take_value(unsigned depth) {
  const char* const from = document_ + *at_;
  if (!skip_value(depth)) return {};
  --at_;
  const std::string_view last = token();
  ++at_;
  return {from, static_cast<std::size_t>(last.data() + last.size() - from)};
}

bool JsonTokens::skip_object(unsigned depth) {
  next();
  if (take('}')) return true;
  do {
    if (peek() != '"' || !valid_string_here()) return false;
    next();
    if (!take(':') || !skip_value(depth)) return false;
  } while (take(','));
  return take('}');
}

bool JsonTokens::skip_array(unsigned depth) {
  next();
  if (take(']')) return true;
  do {
    if (!skip_value(depth)) return false;
  } while (take(','));
  return take(']');
}

// Quotes at both ends and no invalid escape.
bool JsonTokens::valid_string_here() const {
  const std::string_view text = token();
  if (text.size() < 2 || text.back() != '"') return false;
  if (plain_) return true;
  const std::string_view inner = text.substr(1, text.size() - 2);
  std::string scratch(inner.size(), '\0');
  return unescape_json_string(inner, scratch.data()) != nullptr;
}

bool valid_scalar(std::string_view token) {
  if (token == "true" || token == "false" || token == "null") return true;
  Number number;
  return scan_number(token, number);
}

}  // namespace tidegate::codec
