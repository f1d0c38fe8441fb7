// Dead letters: records that a stage cannot process, kept with where they came from and why (docs/architecture.md).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "kafka/record.h"
#include "worker/stage/settings.h"

namespace tidegate::stage {

struct Rejection {
  std::size_t index = 0;  // of the record in its batch
  std::string reason;
  std::string message;
  std::string summary;  // the same in a few words, without values of the record
};

// The record's own headers followed by the tidegate-… ones. A record that was a dead letter before keeps the older ones
// in front; the last of a name counts.
std::vector<kafka::Header> dead_letter_headers(const Settings& settings, const kafka::Record& record,
                                               const Rejection& rejection, WallTime now);

}  // namespace tidegate::stage
