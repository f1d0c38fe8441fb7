// What of a pipeline's health is looked at, from its accepted spec. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controllers/pipeline/accept.h"

namespace tidegate::controllers {

struct MonitoredStage {
  std::string name;
  std::string kind;                 // source, processor, sink
  std::string version;              // changes with the query and the fields
  std::string input;                // "" for a source
  std::string output;               // "" for a sink
  std::vector<std::string> fields;  // of the input
  bool inner = false;               // a processor of the pipeline writes the input
  bool plain_input = false;         // the input is written by stages of this pipeline alone, as far as we know
  bool scaled = false;
  std::optional<double> objective_seconds;  // its share of objectives.latency
};

struct MonitoredTopic {
  std::string name;
  std::string filler, filler_kind, reader, reader_kind;  // stages; "" when there is none
  std::optional<Duration> expect_every;
};

struct MonitoringPlan {
  bool paused = false;
  std::string cluster;           // KafkaCluster, or the bootstrap servers of an external one
  bool cluster_is_ours = false;  // a KafkaCluster
  std::vector<MonitoredStage> stages;
  std::vector<MonitoredTopic> topics;  // declared, or written by a stage

  const MonitoredStage* stage(const std::string& name) const;
};

MonitoringPlan plan_monitoring(const std::string& pipeline, const Accepted& accepted);

}  // namespace tidegate::controllers
