#include "controllers/health/dead_letters.h"

#include <algorithm>
#include <iterator>

#include "common/base/text.h"

namespace tidegate::health {
namespace {

// Those of docs/architecture.md, "Dead letters"; all others, and those of an older worker, count as "".
constexpr const char* kReasons[] = {"Malformed", "WrongType", "MissingField", "Oversized", "QueryFailed",
                                    "Rejected",  ""};
constexpr std::size_t kCount = std::size(kReasons);

// Records taken in, then dead letters by reason; nullopt when a partition does not say.
std::optional<std::vector<std::int64_t>> letter_counters(const StageEvidence& stage) {
  const Count in = total(stage, &PartitionEvidence::in);
  if (!in) return std::nullopt;
  std::vector<std::int64_t> out(1 + kCount);
  out[0] = *in;
  for (const PartitionEvidence& partition : stage.partitions) {
    if (!partition.committed) continue;
    if (!partition.dead_letters) return std::nullopt;
    std::int64_t rest = *partition.dead_letters;
    for (std::size_t i = 0; i + 1 < kCount && partition.why; ++i) {
      const auto count = partition.why->find(kReasons[i]);
      if (count == partition.why->end()) continue;
      out[i + 1] += count->second;
      rest -= count->second;
    }
    out[kCount] += std::max<std::int64_t>(0, rest);
  }
  return out;
}

bool from_schema(const std::string& reason) {
  return reason == "WrongType" || reason == "MissingField";
}

// "amount: expected DOUBLE, found text" names amount.
std::string named_field(const StageEvidence& stage) {
  const std::string name = stage.dead_letter.substr(0, stage.dead_letter.find(':'));
  return std::find(stage.fields.begin(), stage.fields.end(), name) == stage.fields.end() ? "" : name;
}

std::string describe(const std::string& reason, const Surge& surge, const StageEvidence& stage) {
  return cat(percent(surge.share()), " of records are dead letters", reason.empty() ? "" : cat(" (", reason, ")"), ", ",
             learned_text(surge), stage.dead_letter.empty() ? "" : cat("; latest: ", stage.dead_letter));
}

}  // namespace

void DeadLetters::look(const Instant& now, const StageEvidence& stage, std::vector<Finding>& found) {
  std::optional<std::vector<std::int64_t>> grown;
  if (auto counted = letter_counters(stage)) grown = growth_.since_last(std::move(*counted));
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::string name = kReasons[i];
    Reason& reason = reasons_[name];
    if (grown) {
      reason.gross.add(now, (*grown)[0], (*grown)[i + 1]);
      reason.fine.add(now, (*grown)[0], (*grown)[i + 1]);
    }
    reason.is_gross = reason.gross.raised() || (reason.is_gross && reason.fine.raised());
    if (reason.is_gross && from_schema(name)) {
      if (reason.field.empty()) reason.field = named_field(stage);
      found.push_back(
          finding(Kind::schema_drift, stage.name, stage.kind, reason.field, describe(name, reason.fine, stage)));
      continue;
    }
    reason.field.clear();
    if (reason.is_gross && name == "Rejected") {
      found.push_back(finding(Kind::sink_rejecting, stage.name, stage.kind, "", describe(name, reason.fine, stage)));
    } else if (reason.fine.raised()) {
      found.push_back(
          finding(Kind::dead_letter_surge, stage.name, stage.kind, name, describe(name, reason.fine, stage)));
    }
  }
}

Json DeadLetters::kept() const {
  Json out;
  for (const auto& [name, reason] : reasons_) {
    if (!reason.gross.learned()) continue;
    out[name] = Json::object({{"gross", reason.gross.kept()}, {"fine", reason.fine.kept()}});
  }
  return out;
}

void DeadLetters::keep(const Json& kept) {
  for (const char* name : kReasons) {
    reasons_[name].gross.keep(kept.get(name).at("gross"));
    reasons_[name].fine.keep(kept.get(name).at("fine"));
  }
}

}  // namespace tidegate::health
