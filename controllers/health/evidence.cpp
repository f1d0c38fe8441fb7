#include "controllers/health/evidence.h"

namespace tidegate::health {

Count total(const StageEvidence& stage, Count PartitionEvidence::*counter) {
  std::int64_t sum = 0;
  bool any = false;
  for (const PartitionEvidence& partition : stage.partitions) {
    if (!partition.committed) continue;  // nobody has worked on it: a true zero
    if (!(partition.*counter)) return std::nullopt;
    sum += *(partition.*counter);
    any = true;
  }
  return any ? Count(sum) : std::nullopt;
}

std::optional<std::vector<std::int64_t>> Growth::since_last(std::vector<std::int64_t> counters) {
  std::optional<std::vector<std::int64_t>> grown;
  if (last_ && last_->size() == counters.size()) {
    grown.emplace();
    for (std::size_t i = 0; i < counters.size(); ++i) {
      if (counters[i] < (*last_)[i]) {
        grown.reset();
        break;
      }
      grown->push_back(counters[i] - (*last_)[i]);
    }
  }
  last_ = std::move(counters);
  return grown;
}

}  // namespace tidegate::health
