// The seam to a Kafka cluster: what the controllers ask of kafka::Admin, so that tests can stand in for it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kafka/admin.h"

namespace tidegate::controllers {

// As kafka::Admin. Thread-safe.
class KafkaLink {
 public:
  virtual ~KafkaLink() = default;
  virtual Result<int> brokers() = 0;
  virtual Result<std::map<std::string, kafka::TopicState>> describe_topics(const std::vector<std::string>& names) = 0;
  virtual Result<void> create_topic(const kafka::TopicSpec& spec) = 0;
  virtual Result<void> raise_partitions(const std::string& topic, int partitions) = 0;
  virtual Result<void> set_topic_config(const std::string& topic, const std::map<std::string, std::string>& config) = 0;
  virtual Result<std::map<std::string, std::string>> topic_config(const std::string& topic) = 0;
  virtual Result<void> delete_topic(const std::string& topic) = 0;
  virtual Result<std::map<std::string, std::vector<kafka::LogOffsets>>> log_offsets(
      const std::map<std::string, int>& topic_partitions) = 0;
  virtual Result<std::vector<kafka::CommittedOffset>> committed(const std::string& group, const std::string& topic,
                                                                int partitions) = 0;
  virtual Result<void> delete_group(const std::string& group) = 0;
};

// Makes a link, may block for a few seconds. Called again after it failed.
using Connector = std::function<Result<std::shared_ptr<KafkaLink>>()>;

// The real one.
Result<std::shared_ptr<KafkaLink>> connect_kafka(const kafka::ClientConfig& config);

}  // namespace tidegate::controllers
