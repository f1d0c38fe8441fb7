// A dead letter as people see it, and which of them are meant. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/json/json.h"
#include "kafka/record.h"

namespace tidegate::letters {

constexpr Duration kWait{10'000};    // for Kafka to bring something
constexpr std::size_t kBatch = 500;  // records read at a time

// What the headers of a dead letter say of the record (docs/architecture.md, "Dead letters"). Of a header that is there
// several times the last counts: the earlier ones are of earlier failures.
struct Origin {
  std::string reason, message, topic;
  int partition = 0;
  std::int64_t offset = 0, timestamp_ms = -1;
  std::optional<WallTime> failed_at;
  int failures = 0;  // how often it became a dead letter
};
Origin origin_of(const std::vector<kafka::Header>& headers);

// Which letters are meant. Empty: all.
struct Filter {
  std::string reason;
  std::optional<WallTime> since, until;       // when they failed
  std::map<std::string, std::string> fields;  // of the value, a JSON object: as text

  // Reads {"reason", "since", "until", "fields"}. Fails with InvalidArguments.
  static Result<Filter> from_json(const Json& request);
  bool takes(const kafka::Record& letter, const Origin& origin) const;
};

// One record for programs: {"offset", "partition", "timestamp", "key", "value", "headers"}; bytes that are no UTF-8 are
// told as hexadecimal digits in "keyHex", "valueHex". `most`: bytes of the value that are shown.
Json show(const kafka::Record& record, std::size_t most);
// The same with "origin": {"reason", "message", "topic", "partition", "offset", "failedAt", "failures"}.
Json show_letter(const kafka::Record& letter, const Origin& origin, std::size_t most);

}  // namespace tidegate::letters
