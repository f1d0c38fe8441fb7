// What the operator asks of a Kafka cluster. One Admin per cluster, shared by all pipelines on it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "kafka/config.h"

namespace tidegate::kafka {

struct TopicSpec {
  std::string name;
  int partitions = 1;
  int replication_factor = -1;                // -1: the cluster's default
  std::map<std::string, std::string> config;  // e.g. retention.ms
};

struct TopicState {
  std::string id;  // base64 as Kafka prints it; changes when a topic is deleted and made again
  int partitions = 0;
  int under_replicated = 0;  // partitions with fewer replicas in sync than they have
  int offline = 0;           // partitions without a leader
};

// Offsets of one partition. end: high watermark; stable: last stable offset; start: log start.
struct LogOffsets {
  std::int64_t start = 0;
  std::int64_t stable = 0;
  std::int64_t end = 0;
};

struct CommittedOffset {
  std::int64_t offset = -1;  // -1: the group has none for this partition
  std::string metadata;      // see CommitMetadata
};

// Blocking calls, each bounded by `timeout`; thread-safe. Errors: reason KafkaUnavailable when no broker answers in
// time, TopicRefused with Kafka's own words when it refuses a request, otherwise KafkaError.
class Admin {
 public:
  static Result<std::unique_ptr<Admin>> connect(const ClientConfig& config, Duration timeout = Duration{5000});
  ~Admin();
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

  // Number of brokers alive.
  Result<int> brokers();
  // Topics that do not exist are left out of the answer.
  Result<std::map<std::string, TopicState>> describe_topics(const std::vector<std::string>& names);
  Result<void> create_topic(const TopicSpec& spec);
  Result<void> raise_partitions(const std::string& topic, int partitions);
  // Sets just these keys (incremental).
  Result<void> set_topic_config(const std::string& topic, const std::map<std::string, std::string>& config);
  Result<std::map<std::string, std::string>> topic_config(const std::string& topic);
  Result<void> delete_topic(const std::string& topic);
  // Per topic, index = partition. Topics unknown to the cluster are left out.
  Result<std::map<std::string, std::vector<LogOffsets>>> log_offsets(
      const std::map<std::string, int>& topic_partitions);
  // `stable`: fails while a transaction is about to change them.
  Result<std::vector<CommittedOffset>> committed(const std::string& group, const std::string& topic, int partitions,
                                                 bool stable = false);
  // Removes the offsets of an empty group; no error when it does not exist.
  Result<void> delete_group(const std::string& group);

 private:
  struct Impl;
  explicit Admin(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::kafka
