// Where records of a topic end up outside Kafka.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "kafka/record.h"

namespace tidegate::sinks {

// A record that the target will never take: it goes to the dead letters.
struct Refusal {
  std::size_t index = 0;            // in the span given to write()
  std::string reason = "Rejected";  // or Malformed, WrongType, MissingField
  std::string message;
  std::string summary;  // the same in a few words, without values of the record
};

struct WriteOutcome {
  std::vector<Refusal> refused;  // ascending by index
  // Counted apart from each other (docs/architecture.md, "Commit metadata"); refused records are in none of them.
  std::int64_t taken = 0;           // rows given to the target
  std::int64_t acknowledged = 0;    // rows that the target says it has, as far as it says so
  std::vector<std::int64_t> nulls;  // per field: rows taken without a value; empty where fields are not read
};

// One thread calls it. open() once before the first write(), and again after a write() or open() failed.
//
// Errors: reason Waiting when the target is away or refuses for a cause that may pass (message: for what, e.g.
// "PostgreSQL: connection refused", at most 300 bytes, no secrets); the stage then shows it and calls again, with the
// same records, after a backoff. Any other reason is treated alike but logged as an error. No call may block for longer
// than ten seconds.
class Sink {
 public:
  virtual ~Sink() = default;

  virtual Result<void> open() = 0;
  // When it returns a value, every record not refused is durable in the target. Records of several partitions, in order
  // within each; may be called again with records already written (at least once).
  virtual Result<WriteOutcome> write(std::span<const kafka::Record> records) = 0;
  // Records that write() should be given at most.
  virtual std::size_t largest_batch() const { return 8192; }
};

}  // namespace tidegate::sinks
