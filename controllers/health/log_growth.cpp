#include "controllers/health/log_growth.h"

#include <algorithm>

#include "common/base/text.h"

namespace tidegate::health {
namespace {

struct Progress {
  std::int64_t acknowledged = 0, readable = 0;
  bool done = true;
};

std::optional<Progress> progress_of(const std::vector<const StageEvidence*>& writers) {
  Progress out;
  for (const StageEvidence* writer : writers) {
    if (writer->partitions.empty()) return std::nullopt;
    for (const PartitionEvidence& partition : writer->partitions) {
      if (!partition.readable) return std::nullopt;
      out.readable += *partition.readable;
      out.done &= partition.committed && partition.position == partition.readable;
      if (!partition.committed) continue;  // nothing was counted yet
      if (!partition.out) return std::nullopt;
      out.acknowledged += *partition.out;
    }
  }
  return out;
}

}  // namespace

void LogGrowth::look(const Instant& now, const TopicEvidence& topic, const std::vector<const StageEvidence*>& writers,
                     std::vector<Finding>& found) {
  std::string of = topic.id;
  for (const StageEvidence* writer : writers) of += cat(" ", writer->name);
  if (of != of_) *this = {}, of_ = std::move(of);
  const auto is = writers.empty() || topic.id.empty() ? std::nullopt : progress_of(writers);
  if (!is || !topic.appended) {
    last_.reset();
  } else if (!last_ || topic.read >= last_->at) {
    // The log was read after the counts of the look before: what they tell must be in it.
    if (last_) {
      const std::int64_t surplus = *topic.appended - last_->acknowledged;
      if (!floor_) floor_ = std::min<std::int64_t>(0, surplus);
      if (*floor_ - surplus > missing_) missing_ = *floor_ - surplus, changed_ = now.steady;
      const bool stood = last_->done && is->done && last_->readable == is->readable &&
                         last_->acknowledged == is->acknowledged && last_->appended == *topic.appended;
      if (stood && missing_ == 0) floor_ = std::max(*floor_, surplus);
    }
    last_ = {now.steady, is->acknowledged, *topic.appended, is->readable, is->done};
  }
  if (missing_ > 0 && now.steady - changed_ >= kLasts) *floor_ -= missing_, missing_ = 0;
  if (missing_ == 0) return;
  found.push_back(finding(
      Kind::unbalanced, writers.front()->name, writers.front()->kind, "log",
      cat("log: ", std::to_string(missing_), " records that Kafka acknowledged are not in topic ", topic.name)));
}

}  // namespace tidegate::health
