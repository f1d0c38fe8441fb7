#include "controllers/health/null_ratio.h"

#include "common/base/text.h"

namespace tidegate::health {
namespace {

// Records taken in, then nulls by field; nullopt when a partition does not say.
std::optional<std::vector<std::int64_t>> null_counters(const StageEvidence& stage) {
  const Count in = total(stage, &PartitionEvidence::in);
  if (!in) return std::nullopt;
  std::vector<std::int64_t> out(1 + stage.fields.size());
  out[0] = *in;
  for (const PartitionEvidence& partition : stage.partitions) {
    if (!partition.committed) continue;
    if (!partition.nulls || partition.nulls->size() != stage.fields.size()) return std::nullopt;
    for (std::size_t i = 0; i < stage.fields.size(); ++i) out[i + 1] += (*partition.nulls)[i];
  }
  return out;
}

}  // namespace

void NullRatio::look(const Instant& now, const StageEvidence& stage, std::vector<Finding>& found) {
  // What a query makes null is told where the field went missing: at the stage that reads it from outside.
  if (stage.inner) return;
  std::optional<std::vector<std::int64_t>> grown;
  if (auto counted = null_counters(stage)) grown = growth_.since_last(std::move(*counted));
  for (std::size_t i = 0; i < stage.fields.size(); ++i) {
    const std::string& field = stage.fields[i];
    Surge& surge = fields_.try_emplace(field, Surge::kNulls).first->second;
    if (grown && (*grown)[0] > 0) surge.add(now, (*grown)[0], (*grown)[i + 1]);
    if (!surge.raised()) continue;
    found.push_back(finding(
        Kind::schema_drift, stage.name, stage.kind, field,
        cat("field ", field, " is null or missing in ", percent(surge.share()), " of records, ", learned_text(surge))));
  }
}

Json NullRatio::kept() const {
  Json out;
  for (const auto& [field, surge] : fields_) {
    if (Json one = surge.kept(); !one.is_null()) out[field] = std::move(one);
  }
  return out;
}

void NullRatio::keep(const Json& kept) {
  for (const auto& [field, one] : kept.members()) fields_.try_emplace(field, Surge::kNulls).first->second.keep(one);
}

}  // namespace tidegate::health
