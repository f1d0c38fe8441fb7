// What a record brings beside its value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::codec {

struct Metadata {
  std::optional<std::string_view> key;  // not owned
  int partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1;  // Kafka's; -1: the record has none
  // One for each field of the schema that comes from a header, in order; nothing when the record lacks it.
  std::vector<std::optional<std::string>> headers;
};

}  // namespace tidegate::codec
