#include "controllers/health/balance.h"

#include <cstdlib>

#include "common/base/text.h"

namespace tidegate::health {
namespace {

constexpr std::size_t kOffsets = 0;
constexpr std::size_t kRows = 1;

const char* kMeaning[] = {"that the position passed were not seen by the worker",
                          "that the worker took were neither handed on nor dead-lettered",
                          "that were given were not acknowledged"};

}  // namespace

Count imbalance(const PartitionEvidence& partition, std::size_t check) {
  if (!partition.committed) return 0;
  if (check == kOffsets) {
    if (!partition.position || !partition.from || !partition.seen) return std::nullopt;
    return *partition.position - *partition.from - *partition.seen;
  }
  if (check == kRows) {
    if (!partition.seen || !partition.took || !partition.dead_letters) return std::nullopt;
    return *partition.seen - *partition.took - *partition.dead_letters;
  }
  if (!partition.gave || !partition.out) return std::nullopt;
  return *partition.gave - *partition.out;
}

Count imbalance(const StageEvidence& stage, std::size_t check) {
  std::int64_t sum = 0;
  for (const PartitionEvidence& partition : stage.partitions) {
    const Count one = imbalance(partition, check);
    if (!one) return std::nullopt;
    sum += *one;
  }
  return stage.partitions.empty() ? Count() : Count(sum);
}

void Balance::look(const Instant& now, const StageEvidence& stage, std::vector<Finding>& found) {
  for (std::size_t check = 0; check < kChecks.size(); ++check) {
    // Transaction markers and compaction leave gaps: reported as a figure, no problem.
    if (check == kOffsets && !stage.plain_input) continue;
    std::int64_t missing = 0, extra = 0;
    for (std::size_t i = 0; i < stage.partitions.size(); ++i) {
      const Count is = imbalance(stage.partitions[i], check);
      Known& known = known_[{check, i}];
      if (is && !known.known) known.known = known.now = taught_ ? 0 : *is;
      if (is && *is != known.now) {
        known.now = *is;
        known.changed = now.steady;
      }
      if (!known.known) continue;
      if (known.now != *known.known && now.steady - known.changed >= kLasts) known.known = known.now;
      (known.now > *known.known ? missing : extra) += std::abs(known.now - *known.known);
    }
    if (missing == 0 && extra == 0) continue;
    const std::string what = missing > 0 ? cat(std::to_string(missing), " records ", kMeaning[check])
                                         : cat(std::to_string(extra), " records were counted twice");
    found.push_back(finding(Kind::unbalanced, stage.name, stage.kind, kChecks[check], cat(kChecks[check], ": ", what)));
  }
}

Json Balance::kept() const {
  Json out;
  for (const auto& [where, known] : known_) {
    if (known.known && out.is_null()) out = Json::Object{};
    if (known.now != 0) out[kChecks[where.first]][std::to_string(where.second)] = known.now;
  }
  return out;
}

void Balance::keep(const Json& kept) {
  taught_ = kept.is_object();
  for (std::size_t check = 0; check < kChecks.size(); ++check) {
    for (const auto& [partition, count] : kept.get(kChecks[check]).members()) {
      Known& known = known_[{check, static_cast<std::size_t>(std::strtoul(partition.c_str(), nullptr, 10))}];
      known.known = known.now = count.as_int();
    }
  }
}

}  // namespace tidegate::health
