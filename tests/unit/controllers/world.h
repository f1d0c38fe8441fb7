// A small world to reconcile in: API server, Kafka, workloads that start at once, a clock that stands until moved.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controllers/kafkacluster/controller.h"
#include "controllers/pipeline/controller.h"
#include "kafka/commit_metadata.h"
#include "tests/unit/controllers/fake_api.h"

namespace tidegate::controllers {

class FakeKafka final : public KafkaLink {
 public:
  struct Topic {
    kafka::TopicState state;
    std::map<std::string, std::string> config;
    std::vector<kafka::LogOffsets> log;
    int copies = 0;
  };

  Result<int> brokers() override;
  Result<std::map<std::string, kafka::TopicState>> describe_topics(const std::vector<std::string>& names) override;
  Result<void> create_topic(const kafka::TopicSpec& spec) override;
  Result<void> raise_partitions(const std::string& topic, int partitions) override;
  Result<void> set_topic_config(const std::string& topic, const std::map<std::string, std::string>& config) override;
  Result<std::map<std::string, std::string>> topic_config(const std::string& topic) override;
  Result<void> delete_topic(const std::string& topic) override;
  Result<std::map<std::string, std::vector<kafka::LogOffsets>>> log_offsets(
      const std::map<std::string, int>& partitions) override;
  Result<std::vector<kafka::CommittedOffset>> committed(const std::string& group, const std::string& topic,
                                                        int partitions) override;
  Result<void> delete_group(const std::string& group) override;

  void append(const std::string& topic, int partition, std::int64_t records);
  void commit(const std::string& group, int partition, kafka::CommitMetadata metadata);

  bool up = true;
  bool coordinator = true;  // of groups
  bool leaders = true;      // of partitions: without, logs cannot be read
  std::string lost_group;   // its offsets alone cannot be read
  int nodes = 1;
  int ids = 0;
  int writes = 0;
  std::map<std::string, Topic> topics;
  std::map<std::string, std::map<int, kafka::CommittedOffset>> groups;
  std::vector<std::string> deleted_groups;
};

// Says that every query gives the columns `card VARCHAR, amount DOUBLE`, unless it holds a word that it refuses.
class FakeSqlCheck final : public SqlCheck {
 public:
  Result<std::vector<crds::Field>> columns(const Query& query) override;
  int asked = 0;
};

class RecordedEvents final : public kube::EventRecorder {
 public:
  void record(const Json& regarding, bool warning, const std::string& reason, const std::string& note) override;
  std::vector<std::string> all;  // "Warning InvalidQuery: …"
  bool has(const std::string& start) const;
};

class World {
 public:
  World();

  // A Pipeline as a user applies it; metadata is filled in.
  void apply(const Json& spec, const std::string& name = "fraud");
  Json pipeline(const std::string& name = "fraud") const { return api.find(kinds::pipelines, "shop", name); }
  Json condition(const std::string& type, const std::string& name = "fraud") const;
  Json stage(const std::string& stage) const;

  // One reconcile of everything, then one look at Kafka, then pods start.
  void round();
  // Rounds, a second each, until nothing is written any more. Fails the test after 30.
  void settle();
  // The operator starts anew: all that it remembered is gone.
  void restart();
  void pass(Duration time) { now += time; }

  // Workers that do what they should: they take in all there is and say so.
  void work();

  FakeApi api;
  std::shared_ptr<FakeKafka> kafka = std::make_shared<FakeKafka>();
  FakeSqlCheck check;
  RecordedEvents events;
  Duration now{1'000'000};
  bool pods_start = true;

  std::unique_ptr<Observers> observers;
  IntakeFigures intake{[](const std::vector<std::string>& pods) {
    return std::vector<Result<std::string>>(pods.size(), Error{"Unreachable", "no pods here"});
  }};
  std::unique_ptr<Scaler> scaler;
  std::unique_ptr<HealthMonitor> monitor;
  std::unique_ptr<PipelineController> pipelines;
  std::unique_ptr<KafkaClusterController> clusters;
  const Caches& caches() const { return caches_; }
  std::vector<std::string> failures;  // of reconciles

 private:
  void run_workloads();
  Clock clock();
  Caches caches_;
};

inline constexpr char kGroup[] = "tidegate.install1.shop.fraud.score";

}  // namespace tidegate::controllers
