// What an Observer hands out.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "controllers/observation/progress.h"
#include "kafka/admin.h"

namespace tidegate::controllers {

// What was seen of the cluster. `topics` holds those that exist of the topics that pipelines use.
struct ClusterView {
  bool reachable = false;
  bool known = false;   // a first answer, or failure, is there
  std::string problem;  // why it is not reachable
  int brokers = 0;
  int partitions = 0, under_replicated = 0, offline = 0;  // of the topics below
  bool topics_known = false;
  std::map<std::string, kafka::TopicState> topics;
};

struct PipelineView {
  ClusterView cluster;
  bool described = false;  // cluster.topics is from after the watch was set
  std::map<std::string, StageFigures> stages;
  std::map<std::string, double> topic_rates;  // records per second appended; absent while unknown
};

// What health is judged by. Absent = not known now.
struct HealthView {
  struct Stage {
    StageFigures figures;
    StageAccount account;
    std::optional<double> age_seconds;  // of the oldest record that waits
  };
  struct Topic {
    kafka::TopicState state;
    std::optional<std::int64_t> appended;
  };
  ClusterView cluster;     // without topics
  bool described = false;  // what is not in `topics` does not exist
  SteadyTime logs_read{};  // when the reading of `appended` began
  std::map<std::string, Stage> stages;
  std::map<std::string, Topic> topics;  // that the pipeline uses
};

}  // namespace tidegate::controllers
