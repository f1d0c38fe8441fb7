// What a stage's progress says to autoscaling, and when it says nothing.
#include <algorithm>

#include "controllers/observation/progress.h"

namespace tidegate::controllers {
namespace {

// Commits are read every second, but of a stage without work only every 4 s.
constexpr Duration kCommitsStale{10'000};

constexpr double microseconds = 1e6;

}  // namespace

StageReading StageProgress::reading(SteadyTime now) const {
  StageReading out;
  if (!known_) return out;
  const bool log_fresh = now - log_read_ <= kLogStale;
  const bool commits_fresh = now - commits_read_ <= kCommitsStale;
  double busy = 0, wait = 0, records = 0;
  bool busy_known = commits_fresh, wait_known = commits_fresh, records_known = commits_fresh;
  for (const Partition& partition : partitions_) {
    StageReading::Partition& seen = out.partitions.emplace_back();
    seen.replica = partition.report.by.value_or(-1);
    // A worker that does not renew its commits has done more, or less, than it says.
    const bool silent = partition.committed && now - partition.heard >= kGoneSilent;
    if (log_fresh && partition.stable >= 0) {
      seen.end = static_cast<double>(std::max(partition.end, partition.stable));
      seen.readable = static_cast<double>(partition.stable);
    }
    if (commits_fresh && !silent && !partition.beyond && partition.position >= 0 && partition.stable >= 0) {
      // Commits are read after log ends, so that they may be a little ahead.
      seen.position = static_cast<double>(std::min(partition.position, partition.stable));
    }
    if (partition.report.waiting && out.waiting.empty()) out.waiting = partition.report.problem;
    if (!partition.committed) continue;  // nobody has worked on it: a true zero
    const bool told = partition.legible && !silent && !partition.beyond;
    busy_known &= told && partition.report.busy_us.has_value();
    wait_known &= told && partition.report.wait_us.has_value();
    records_known &= told;
    busy += static_cast<double>(partition.report.busy_us.value_or(0)) / microseconds;
    wait += static_cast<double>(partition.report.wait_us.value_or(0)) / microseconds;
    records += static_cast<double>(partition.report.records_out);
  }
  if (busy_known) out.busy_seconds = busy;
  if (wait_known) out.wait_seconds = wait;
  if (records_known) out.records_out = records;
  if (log_fresh && commits_fresh) out.age_seconds = figures(now).lag_seconds;
  return out;
}

}  // namespace tidegate::controllers
