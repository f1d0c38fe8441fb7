// What a stage did to its records, judged from its input and output alone.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kafka_server.h"

namespace tidegate::worker_test {

// A record that was acknowledged to its producer; `id` is unique. Records of one key went to one partition, in the
// order of their ids.
struct Sent {
  std::string key;
  std::int64_t id = 0;
};

// A row that a reader with read_committed got, in the order of its partition.
struct Received {
  std::string key;
  std::int64_t id = 0;
  int partition = 0;
};

// Kinds of anomalies. Of an output that is exactly once none may be there; at least once allows `duplicated`, and with
// it `reordered`.
enum class Anomaly {
  lost,        // sent, not received
  duplicated,  // received more than once
  invented,    // received, never sent: such as a row of a record that the stage must not take
  reordered,   // of one key, after a later one
  misplaced,   // not in the partition of its key
};
const char* name_of(Anomaly anomaly);

struct Verdict {
  std::map<Anomaly, std::int64_t> counts;   // those that there are
  std::map<Anomaly, std::string> examples;  // the first of each
  // "lost 3 (id 17 of key k4), duplicated 1 (…)"; empty when there is none.
  std::string text() const;
};

// Pure. `partitions` of the output; 0: it has no key to be placed by.
Verdict judge(const std::vector<Sent>& sent, const std::vector<Received>& received, int partitions);

// Rows as JSON objects with the members `name` (the key) and `n` (the id).
std::vector<Received> received(const std::vector<Stored>& rows);

}  // namespace tidegate::worker_test
