#include "controllers/observation/kafka_link.h"

namespace tidegate::controllers {
namespace {

class AdminLink final : public KafkaLink {
 public:
  explicit AdminLink(std::unique_ptr<kafka::Admin> admin) : admin_(std::move(admin)) {}

  Result<int> brokers() override { return admin_->brokers(); }
  Result<std::map<std::string, kafka::TopicState>> describe_topics(const std::vector<std::string>& names) override {
    return admin_->describe_topics(names);
  }
  Result<void> create_topic(const kafka::TopicSpec& spec) override { return admin_->create_topic(spec); }
  Result<void> raise_partitions(const std::string& topic, int partitions) override {
    return admin_->raise_partitions(topic, partitions);
  }
  Result<void> set_topic_config(const std::string& topic, const std::map<std::string, std::string>& config) override {
    return admin_->set_topic_config(topic, config);
  }
  Result<std::map<std::string, std::string>> topic_config(const std::string& topic) override {
    return admin_->topic_config(topic);
  }
  Result<void> delete_topic(const std::string& topic) override { return admin_->delete_topic(topic); }
  Result<std::map<std::string, std::vector<kafka::LogOffsets>>> log_offsets(
      const std::map<std::string, int>& topic_partitions) override {
    return admin_->log_offsets(topic_partitions);
  }
  Result<std::vector<kafka::CommittedOffset>> committed(const std::string& group, const std::string& topic,
                                                        int partitions) override {
    return admin_->committed(group, topic, partitions);
  }
  Result<void> delete_group(const std::string& group) override { return admin_->delete_group(group); }

 private:
  std::unique_ptr<kafka::Admin> admin_;
};

}  // namespace

Result<std::shared_ptr<KafkaLink>> connect_kafka(const kafka::ClientConfig& config) {
  auto admin = kafka::Admin::connect(config);
  if (!admin) return std::move(admin).error();
  return std::shared_ptr<KafkaLink>(std::make_shared<AdminLink>(std::move(*admin)));
}

}  // namespace tidegate::controllers
