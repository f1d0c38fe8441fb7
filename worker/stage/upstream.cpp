#include "worker/stage/upstream.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "kafka/commit_metadata.h"
#include "worker/stage/stage.h"

namespace tidegate::stage {
namespace {

constexpr Duration kInterval{300};
constexpr Duration kRequestTimeout{2000};
constexpr Duration kPatience{10'000};  // failing for longer is a problem of the stage

// The partitions of one topic as the stage that reads it committed them.
Result<std::vector<Promise>> promises_of(kafka::Admin& admin, const TimeSettings::Writer& writer) {
  const auto topics = admin.describe_topics({writer.topic});
  if (!topics) return topics.error();
  const auto topic = topics->find(writer.topic);
  if (topic == topics->end()) return Error{"TopicMissing", cat("topic ", writer.topic, " does not exist")};
  const int partitions = topic->second.partitions;
  const auto committed = admin.committed(writer.group, writer.topic, partitions, true);
  if (!committed) return committed.error();
  std::vector<Promise> promises(committed->size());
  std::vector<std::int64_t> positions(committed->size(), -1);
  bool some_idle = false;
  for (std::size_t i = 0; i < committed->size(); ++i) {
    const auto metadata = kafka::CommitMetadata::decode((*committed)[i].metadata);
    if (!metadata) continue;
    promises[i] = {metadata->output_watermark_us.value_or(window::kNever), metadata->idle};
    positions[i] = metadata->position;
    some_idle |= metadata->idle;
  }
  if (!some_idle) return promises;
  const auto ends = admin.log_offsets({{writer.topic, partitions}});
  if (!ends) return ends.error();
  const auto found = ends->find(writer.topic);
  for (std::size_t i = 0; i < promises.size(); ++i) {
    if (found == ends->end() || found->second[i].end > positions[i]) promises[i].idle = false;
  }
  return promises;
}

}  // namespace

Result<Look> look_upstream(kafka::Admin& admin, const TimeSettings& settings, const std::string& input_topic) {
  std::vector<Promise> all;
  for (const TimeSettings::Writer& writer : settings.writers) {
    const auto promises = promises_of(admin, writer);
    if (!promises) return promises.error();
    all.insert(all.end(), promises->begin(), promises->end());
  }
  Look look;
  look.promise = together(all);
  // Only now, and not the stable ends: the offsets of a transaction may show before the rows of it are readable.
  const auto topics = admin.describe_topics({input_topic});
  if (!topics) return topics.error();
  const auto topic = topics->find(input_topic);
  if (topic == topics->end()) return Error{"TopicMissing", cat("topic ", input_topic, " does not exist")};
  const auto ends = admin.log_offsets({{input_topic, topic->second.partitions}});
  if (!ends) return ends.error();
  const auto found = ends->find(input_topic);
  if (found == ends->end()) return Error{"TopicMissing", cat("topic ", input_topic, " does not exist")};
  for (const kafka::LogOffsets& offsets : found->second) look.ends.push_back(offsets.end);
  return look;
}

Upstream::Upstream(const Settings& settings)
    : settings_(settings), thread_([this](const std::stop_token& stop) { run(stop); }) {}

std::optional<Look> Upstream::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(newest_, std::nullopt);
}

std::string Upstream::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

void Upstream::run(const std::stop_token& stop) {
  std::unique_ptr<kafka::Admin> admin;
  std::optional<SteadyTime> failing_since;
  while (!stop.stop_requested()) {
    Result<Look> look = [&]() -> Result<Look> {
      if (!admin) {
        auto connected = kafka::Admin::connect(settings_.kafka, kRequestTimeout);
        if (!connected) return std::move(connected).error();
        admin = *std::move(connected);
      }
      return look_upstream(*admin, *settings_.time, settings_.input_topic);
    }();
    const SteadyTime now = std::chrono::steady_clock::now();
    {
      const std::lock_guard lock(mutex_);
      if (look) {
        newest_ = *std::move(look);
        failing_since.reset();
        problem_.clear();
      } else {
        if (!failing_since) failing_since = now;
        if (now - *failing_since >= kPatience) {
          problem_ =
              cat("windows do not close: the progress of the stages before cannot be read: ", look.error().message);
        }
      }
    }
    pause_for(kInterval, stop);
  }
}

}  // namespace tidegate::stage
