#include "controllers/health/states.h"

#include <algorithm>
#include <cmath>

#include "common/base/text.h"

namespace tidegate::health {
namespace {

constexpr double kMostOfLag = 0.8;
constexpr std::int64_t kSkewedRecords = 100;
constexpr double kSkewedAge = 10;  // seconds

std::string seconds_text(double seconds) {
  const auto tenths = std::llround(seconds * 10);
  return tenths % 10 == 0 || seconds >= 10 ? cat(std::to_string(std::llround(seconds)), " s")
                                           : cat(std::to_string(tenths / 10), ".", std::to_string(tenths % 10), " s");
}

// A worker says "DataLost: ..." or "TopicReplaced: ...": what it waits for is a human.
std::optional<Kind> lost(const StageEvidence& stage) {
  if (stage.state != StageState::waiting) return std::nullopt;
  if (stage.message.rfind("DataLost: ", 0) == 0) return Kind::data_lost;
  if (stage.message.rfind("TopicReplaced: ", 0) == 0) return Kind::topic_lost;
  return std::nullopt;
}

std::string after_colon(const std::string& text) {
  return text.substr(std::min(text.size(), text.find(": ") + 2));
}

}  // namespace

void look_at_state(const StageEvidence& stage, std::vector<Finding>& found) {
  const auto add = [&](Kind kind, const std::string& subject) {
    Finding one = finding(kind, stage.name, stage.kind, subject, stage.message);
    one.patient = stage.moving && kind != Kind::waiting;
    found.push_back(std::move(one));
  };
  if (stage.state == StageState::failing) add(Kind::failing, stage.pod);
  if (stage.state == StageState::stalled) add(Kind::stalled, "");
  if (stage.state == StageState::waiting && !lost(stage)) add(Kind::waiting, "");
}

void look_for_lost_data(const StageEvidence& stage, std::vector<Finding>& found) {
  std::int64_t gone = 0;
  for (const PartitionEvidence& partition : stage.partitions) {
    if (partition.committed && partition.position && partition.log_start)
      gone += std::max<std::int64_t>(0, *partition.log_start - *partition.position);
  }
  const auto told = lost(stage);
  if (stage.input_replaced || told == Kind::topic_lost) {
    found.push_back(finding(Kind::topic_lost, stage.name, stage.kind, stage.input,
                            told == Kind::topic_lost ? after_colon(stage.message)
                                                     : cat("topic ", stage.input,
                                                           " was deleted and made again; offsets are of the old one")));
  } else if (told == Kind::data_lost) {
    found.push_back(finding(Kind::data_lost, stage.name, stage.kind, stage.input, after_colon(stage.message)));
  } else if (gone > 0) {
    found.push_back(
        finding(Kind::data_lost, stage.name, stage.kind, stage.input,
                cat(std::to_string(gone), " records of ", stage.input, " were deleted before they were read")));
  }
}

void look_for_slowness(const StageEvidence& stage, std::vector<Finding>& found) {
  // Where it stands still that is told, with its cause.
  if (stage.state != StageState::flowing && stage.state != StageState::starting && stage.state != StageState::idle)
    return;
  if (!stage.age_seconds || !stage.objective_seconds || *stage.age_seconds <= *stage.objective_seconds) return;
  Finding one = finding(Kind::slow, stage.name, stage.kind, "",
                        cat("the oldest record waits for ", seconds_text(*stage.age_seconds),
                            ", its share of the latency objective is ", seconds_text(*stage.objective_seconds)));
  one.patient = stage.moving;
  found.push_back(std::move(one));
}

void look_for_skew(const StageEvidence& stage, std::vector<Finding>& found) {
  if (stage.state != StageState::flowing || stage.partitions.size() < 2 || !stage.age_seconds) return;
  if (*stage.age_seconds < std::max(kSkewedAge, stage.objective_seconds.value_or(0))) return;
  std::int64_t total = 0, most = 0;
  std::size_t worst = 0;
  for (std::size_t i = 0; i < stage.partitions.size(); ++i) {
    const PartitionEvidence& partition = stage.partitions[i];
    if (!partition.readable || !partition.position) return;
    const std::int64_t lag = std::max<std::int64_t>(0, *partition.readable - *partition.position);
    total += lag;
    if (lag > most) {
      most = lag;
      worst = i;
    }
  }
  if (most < kSkewedRecords || static_cast<double>(most) < kMostOfLag * static_cast<double>(total)) return;
  found.push_back(finding(Kind::skewed_partition, stage.name, stage.kind, std::to_string(worst),
                          cat(std::to_string(most), " of ", std::to_string(total),
                              " records that wait are in partition ", std::to_string(worst), " of ", stage.input)));
}

void look_at_pipeline(const PipelineEvidence& pipeline, bool kafka_starts, std::vector<Finding>& found) {
  if (pipeline.cluster.reachable == false && !kafka_starts) {
    found.push_back(finding(Kind::waiting, "", "", "", cat("Kafka cannot be reached: ", pipeline.cluster.problem)));
  }
  if (!pipeline.refused.empty()) found.push_back(finding(Kind::refused, "", "", "", pipeline.refused));
  if (!pipeline.not_ready.empty()) found.push_back(finding(Kind::not_ready, "", "", "", pipeline.not_ready));
  if (!pipeline.scaling_limited.empty())
    found.push_back(finding(Kind::scaling_limited, "", "", "", pipeline.scaling_limited));
}

}  // namespace tidegate::health
