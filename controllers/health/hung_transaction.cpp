#include "controllers/health/hung_transaction.h"

#include "common/base/text.h"

namespace tidegate::health {

void HungTransaction::look(const Instant& now, const StageEvidence& stage, std::vector<Finding>& found) {
  std::size_t partitions = 0;
  std::int64_t hidden = 0;
  for (std::size_t i = 0; i < stage.partitions.size(); ++i) {
    const PartitionEvidence& partition = stage.partitions[i];
    if (!partition.readable || !partition.log_end) continue;
    if (*partition.log_end <= *partition.readable) {
      standing_.erase(i);
      continue;
    }
    Standing& standing = standing_.try_emplace(i, Standing{*partition.readable, now.steady}).first->second;
    if (standing.readable != *partition.readable) standing = {*partition.readable, now.steady};
    if (now.steady - standing.since < kPatience) continue;
    ++partitions;
    hidden += *partition.log_end - *partition.readable;
  }
  if (partitions == 0) return;
  found.push_back(finding(Kind::hung_transaction, stage.name, stage.kind, stage.input,
                          cat("an open transaction hides ", std::to_string(hidden), " offsets of topic ", stage.input,
                              " in ", std::to_string(partitions), partitions == 1 ? " partition" : " partitions")));
}

}  // namespace tidegate::health
