#include "kafka/start_position.h"

#include <algorithm>
#include <chrono>
#include <ctime>

#include "common/base/text.h"
#include "kafka/client.h"
#include "kafka/topic_id.h"

namespace tidegate::kafka {
namespace {

constexpr const char* kReset = "; pause the pipeline and reset the group's offsets to say where to continue";

// Milliseconds since 1970 of an RFC 3339 time in UTC ("2026-01-02T03:04:05Z").
Result<std::int64_t> parse_start_time(const std::string& text) {
  std::tm parts{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr || std::string_view(rest) != "Z") {
    return Error{"InvalidSettings",
                 cat("start: \"", text, "\" is neither earliest, latest nor a time such as 2026-01-02T03:04:05Z")};
  }
  return static_cast<std::int64_t>(timegm(&parts)) * 1000;
}

Result<std::int64_t> first_position(rd_kafka_t* client, const std::string& topic, int partition,
                                    const std::string& start, std::int64_t log_start, std::int64_t log_end,
                                    int timeout_ms) {
  if (start == "earliest") return log_start;
  if (start == "latest") return log_end;
  const Result<std::int64_t> time = parse_start_time(start);
  if (!time) return time.error();
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = *time;
  const auto code = rd_kafka_offsets_for_times(client, list.get(), timeout_ms);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code);
  const std::int64_t found = list->elems[0].offset;
  return found < 0 ? log_end : found;  // no record that late yet
}

}  // namespace

std::optional<Error> position_problem(const std::string& topic, int partition, std::int64_t position,
                                      const std::string& topic_id, const std::string& topic_id_now,
                                      std::int64_t log_start, std::int64_t log_end) {
  const std::string where = cat(topic, "[", std::to_string(partition), "]");
  if (!topic_id.empty() && topic_id != topic_id_now) {
    return Error{"TopicReplaced", cat("TopicReplaced: ", topic, " was deleted and made again", kReset)};
  }
  if (position > log_end) {
    return Error{"TopicReplaced", cat("TopicReplaced: ", where, " ends at ", std::to_string(log_end),
                                      ", before offset ", std::to_string(position), " that was read already", kReset)};
  }
  if (position < log_start) {
    return Error{"DataLost", cat("DataLost: ", std::to_string(log_start - position), " records of ", where,
                                 " were deleted before they were read", kReset)};
  }
  return std::nullopt;
}

Result<std::vector<StartPosition>> start_positions(rd_kafka_t* client, const std::string& topic,
                                                   const std::vector<int>& partitions, const std::string& start,
                                                   bool rewind, Duration timeout) {
  const int timeout_ms = static_cast<int>(timeout.count());
  auto topics = describe_topics(client, {topic}, timeout);
  if (!topics) return topics.error();
  if (!topics->contains(topic)) return Error{"TopicMissing", cat("topic ", topic, " does not exist")};
  const std::string& topic_id = (*topics)[topic].id;

  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const int partition : partitions) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  const auto code = rd_kafka_committed(client, list.get(), timeout_ms);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code).context("committed offsets of the group");

  std::vector<StartPosition> positions;
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& found = list->elems[i];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(found.err).context("committed offsets of the group");
    std::int64_t log_start = 0;
    std::int64_t log_end = 0;
    const auto watermark_code =
        rd_kafka_query_watermark_offsets(client, topic.c_str(), found.partition, &log_start, &log_end, timeout_ms);
    if (watermark_code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(watermark_code).context("offsets of " + topic);

    StartPosition position;
    position.partition = found.partition;
    position.topic_id = topic_id;
    if (found.offset < 0) {
      auto first = first_position(client, topic, found.partition, start, log_start, log_end, timeout_ms);
      if (!first) return first.error();
      position.position = *first;
      position.first = true;
    } else {
      position.position = found.offset;
      const std::string_view text(static_cast<const char*>(found.metadata), found.metadata_size);
      if (auto committed = CommitMetadata::decode(text)) position.committed = *std::move(committed);
      const std::string known_id = position.committed ? position.committed->topic_id : "";
      // What an earlier version of the stage kept in windows is not read again by one without; what it did not store
      // is.
      if (position.committed && !position.committed->windows.empty() && !rewind &&
          position.committed->windows != CommitMetadata::kObjects) {
        position.position = std::max(found.offset, position.committed->position);
      }
      position.problem =
          position_problem(topic, found.partition, position.position, known_id, topic_id, log_start, log_end);
      if (position.problem && !known_id.empty()) position.topic_id = known_id;  // so that the next start finds it too
    }
    positions.push_back(std::move(position));
  }
  return positions;
}

}  // namespace tidegate::kafka
