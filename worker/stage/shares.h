// What one batch came to, shared out over the partitions that its records came from.
#pragma once

#include <chrono>
#include <span>
#include <utility>
#include <vector>

#include "kafka/record.h"
#include "worker/stage/ledger.h"
#include "worker/stage/step.h"

namespace tidegate::stage {

struct BatchOutcome {
  std::span<const kafka::Record> records;  // ordered by partition, then offset; at least one
  std::span<const Rejection> rejections;   // ascending by index
  StepCounts counts;
  std::chrono::microseconds busy{0};
  std::chrono::microseconds wait{0};
  std::size_t rebuilt = 0;  // so many of the first records were accounted for before
};

// One entry per partition, without deliveries; their sums are the batch's. Rows that a step counted for several
// partitions at once go to each as its records say, and what is missing or too much to the first: the sum tells.
std::vector<std::pair<int, Ledger::Entry>> share_out(const BatchOutcome& batch);

}  // namespace tidegate::stage
