#include "worker/objects/object_name.h"

#include <charconv>

#include "common/base/text.h"

namespace tidegate::objects {
namespace {

constexpr std::size_t digits = 19;  // of the greatest offset
constexpr std::size_t id_digits = 8;

std::string padded(std::int64_t offset) {
  const std::string number = std::to_string(offset);
  return cat(std::string(digits - number.size(), '0'), number);
}

std::string short_id(std::string_view topic_id) {
  return sha256_hex(topic_id).substr(0, id_digits);
}

std::optional<std::int64_t> offset_in(std::string_view text) {
  std::int64_t offset = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), offset);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && offset >= 0 ? std::optional(offset)
                                                                                        : std::nullopt;
}

}  // namespace

std::string folder_of(std::string_view prefix, std::string_view topic, int partition) {
  const char* const slash = prefix.empty() || prefix.ends_with('/') ? "" : "/";
  return cat(prefix, slash, topic, "/", std::to_string(partition), "/");
}

std::string object_name(const Range& range, std::string_view topic_id, std::string_view extension) {
  return cat(padded(range.first), "-", padded(range.last), "-", short_id(topic_id), ".", extension);
}

std::string name_before(std::int64_t offset) {
  return padded(offset);
}

std::optional<Range> range_of(std::string_view name, std::string_view topic_id) {
  constexpr std::size_t id_at = 2 * (digits + 1);
  if (name.size() <= id_at + id_digits || name[digits] != '-' || name[id_at - 1] != '-') return std::nullopt;
  if (name.substr(id_at, id_digits) != short_id(topic_id) || name[id_at + id_digits] != '.') return std::nullopt;
  const auto first = offset_in(name.substr(0, digits));
  const auto last = offset_in(name.substr(digits + 1, digits));
  if (!first || !last || *last < *first) return std::nullopt;
  return Range{*first, *last};
}

}  // namespace tidegate::objects
