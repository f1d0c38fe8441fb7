// What a stage's commits say to those who judge its health.
#include "controllers/observation/progress.h"

namespace tidegate::controllers {
namespace {

health::Count known(std::int64_t offset) {
  return offset < 0 ? health::Count() : health::Count(offset);
}

}  // namespace

StageAccount StageProgress::account(SteadyTime now) const {
  StageAccount out;
  std::int64_t latest = -1, latest_error = -1;
  for (const Partition& partition : partitions_) {
    health::PartitionEvidence& seen = out.partitions.emplace_back();
    if (!fills_) {
      seen.log_start = known(partition.start);
      seen.readable = known(partition.stable);
      if (now - log_read_ <= kLogStale) seen.log_end = known(partition.end);
      // Beyond the end it is not a position in this log.
      if (!partition.beyond) seen.position = known(partition.position);
    }
    seen.committed = partition.committed;
    if (!partition.committed || !partition.legible) continue;
    const kafka::CommitMetadata& report = partition.report;
    seen.in = report.records_in;
    seen.out = report.records_out;
    seen.dead_letters = report.dead_letters;
    seen.from = report.seen_from;
    seen.seen = report.seen;
    seen.took = report.took;
    seen.gave = report.gave;
    seen.nulls = report.nulls;
    seen.why = report.dead_letters_by_reason;
    if (!report.last_error.empty() && report.dead_letters > 0 && report.at_ms > latest_error) {
      latest_error = report.at_ms;
      out.dead_letter = report.last_error;
    }
    if (report.at_ms > latest && !report.topic_id.empty()) {
      latest = report.at_ms;
      out.topic_id = report.topic_id;
    }
  }
  return out;
}

}  // namespace tidegate::controllers
