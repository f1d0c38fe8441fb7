// A JSON document as a sequence of tokens. simdjson's stage 1 (vectorised) finds where each token starts and checks
// UTF-8 and string termination; everything above it is ours, because simdjson's on-demand interface neither validates
// values that are skipped nor hands out the text of numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace tidegate::codec {

inline constexpr std::size_t kJsonPadding = 64;  // bytes readable after a document, simdjson's requirement

class JsonTokens {
 public:
  JsonTokens();
  JsonTokens(JsonTokens&&) noexcept;
  JsonTokens& operator=(JsonTokens&&) noexcept;
  ~JsonTokens();

  // Starts on a document; kJsonPadding more bytes must be readable. Returns what is wrong, or null.
  const char* open(const char* document, std::size_t length);

  bool done() const { return at_ == end_; }
  // The first character of the current token; '\0' at the end of the document.
  char peek() const { return at_ == end_ ? '\0' : document_[*at_]; }
  // The current token without white space behind it: one of {}[]:, a string with its quotes, or a scalar.
  std::string_view token() const {
    const char* const from = document_ + *at_;
    const char* to = document_ + at_[1];
    while (to[-1] == ' ' || to[-1] == '\n' || to[-1] == '\r' || to[-1] == '\t') --to;
    return {from, static_cast<std::size_t>(to - from)};
  }
  // Whether the current token starts with these bytes; both sides must have 8 readable bytes more than `size`.
  bool starts_with(const char* bytes, std::size_t size) const;
  void next() { ++at_; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  std::size_t offset() const { return *at_; }

  // No string of the document has escapes.
  bool plain() const { return plain_; }

  // Moves behind the current value if it is valid JSON, nested at most kMaxDepth deep.
  bool skip_value(unsigned depth = 0);

  // The same; the value's text as it stands, null data when it is not valid.
  std::string_view take_value(unsigned depth);

  static constexpr unsigned kMaxDepth = 256;

 private:
  bool valid_string_here() const;
  bool skip_object(unsigned depth);
  bool skip_array(unsigned depth);

  struct Indexer;
  std::unique_ptr<Indexer> indexer_;
  const char* document_ = nullptr;
  const std::uint32_t* at_ = nullptr;
  const std::uint32_t* end_ = nullptr;  // one entry behind it is readable and holds the document's length
  bool plain_ = true;
};

inline bool JsonTokens::starts_with(const char* bytes, std::size_t size) const {
  // A loop over words instead of memcmp: keys are short, and its dispatch on the length would be mispredicted.
  const char* at = document_ + *at_;
  std::uint64_t ours;
  std::uint64_t theirs;
  for (; size >= 8; size -= 8, at += 8, bytes += 8) {
    std::memcpy(&ours, at, 8);
    std::memcpy(&theirs, bytes, 8);
    if (ours != theirs) return false;
  }
  if (size == 0) return true;
  std::memcpy(&ours, at, 8);
  std::memcpy(&theirs, bytes, 8);
  return ((ours ^ theirs) << (64 - 8 * size)) == 0;
}

// Whether the token is `true`, `false`, `null` or a number.
bool valid_scalar(std::string_view token);

}  // namespace tidegate::codec
