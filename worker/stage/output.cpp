#include "worker/stage/output.h"

#include <algorithm>

#include "kafka/admin.h"

namespace tidegate::stage {
namespace {

constexpr std::int64_t kDefaultTopicLimit = 1048588;  // Kafka's default of max.message.bytes
constexpr const char* kAhead = "message.timestamp.after.max.ms";
constexpr const char* kCleanup = "cleanup.policy";
constexpr const char* kType = "message.timestamp.type";
constexpr std::int64_t kRecordOverhead = 512;  // more than a record batch adds to one record

}  // namespace

Result<Output> describe_output(const Settings& settings, kafka::Producer& producer, int max_record_bytes) {
  if (settings.output_topic.empty()) return Output{};
  auto partitions = producer.partitions(settings.output_topic);
  if (!partitions) return std::move(partitions).error();
  auto admin = kafka::Admin::connect(settings.kafka);
  if (!admin) return std::move(admin).error();
  std::int64_t limit = kDefaultTopicLimit;  // also when we may not read the topic's configuration
  auto config = (*admin)->topic_config(settings.output_topic);
  if (config && config->contains("max.message.bytes")) limit = std::stoll(config->at("max.message.bytes"));
  limit = std::min<std::int64_t>(limit, max_record_bytes) - kRecordOverhead;
  Output output;
  output.partitions = *partitions;
  output.max_row_bytes = static_cast<std::size_t>(std::max<std::int64_t>(limit, 1));
  if (config && config->contains(kCleanup)) {
    output.needs_key = config->at(kCleanup).find("compact") != std::string::npos;
  }
  if (config && config->contains(kAhead)) output.max_ahead = Duration{std::stoll(config->at(kAhead))};
  if (config && config->contains(kType) && config->at(kType) == "LogAppendTime") output.max_ahead = Duration::max();
  return output;
}

}  // namespace tidegate::stage
