// How the objects of a topic are named, in every store. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::objects {

// Offsets of one partition, both included.
struct Range {
  std::int64_t first = 0;
  std::int64_t last = 0;

  friend bool operator==(const Range&, const Range&) = default;
};

// "lake/payments/3/", where the objects of a partition are; the prefix may be empty.
std::string folder_of(std::string_view prefix, std::string_view topic, int partition);

// "0000000000000000100-0000000000000000199-5f2a90c1.ndjson": the range, with as many digits as an offset can have, so
// that names sort as offsets do, and 8 hex digits of a hash over the topic's id: offsets of a topic that was deleted
// and made again begin at 0 again, and must not be taken for those of the old one.
std::string object_name(const Range& range, std::string_view topic_id, std::string_view extension);

// Sorts right before the names of all objects that begin at the offset or behind it.
std::string name_before(std::int64_t offset);

// Of an object of that topic, whatever its extension; nothing for any other name.
std::optional<Range> range_of(std::string_view name, std::string_view topic_id);

}  // namespace tidegate::objects
