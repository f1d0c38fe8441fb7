// The records of one partition on their way into objects. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "worker/codec/metadata.h"
#include "worker/objects/object_name.h"

namespace tidegate::objects {

// When an object is closed: whichever comes first.
struct Limits {
  std::size_t records = 100'000;
  std::size_t bytes = 16 << 20;  // of the records' values and line ends
  Duration age{300'000};         // of its first record, since it came here
};

// Records that stand behind each other in a partition, with or without gaps of records that are no part of it.
struct Object {
  // About so many records of that timestamp (ms).
  struct Sample {
    std::int64_t timestamp_ms;
    std::int64_t records;
  };

  Range range;
  std::int64_t records = 0;
  std::string lines;                      // the values, one a line
  std::deque<std::string> keys;           // of those below
  std::vector<codec::Metadata> metadata;  // one for each record, or none where the format does not need it
  std::vector<Sample> samples;
  SteadyTime begun{};
  bool closed = false;  // nothing is added any more
};

// One thread uses it.
class OpenObjects {
 public:
  explicit OpenObjects(const Limits& limits) : limits_(limits) {}

  // A record behind all that were added before. `value`: JSON; its line ends, which JSON has between tokens only,
  // become blanks.
  void add(std::int64_t offset, std::int64_t timestamp_ms, std::string_view value, SteadyTime now,
           const codec::Metadata* metadata = nullptr);

  // The oldest object, if it is closed or by now old enough; it is closed then, so that its name stays the same however
  // often it has to be put. nullptr: none.
  const Object* due(SteadyTime now);
  // It is stored.
  void drop_first() { objects_.pop_front(); }
  // Whatever there is becomes due.
  void close();

  bool empty() const { return objects_.empty(); }
  // Of the first record that is held; nothing when none is.
  std::optional<std::int64_t> first_offset() const;
  std::size_t bytes() const;

 private:
  Limits limits_;
  std::deque<Object> objects_;  // all but the last are closed
};

}  // namespace tidegate::objects
