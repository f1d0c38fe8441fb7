// From an accepted pipeline to the objects that run it. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "controllers/pipeline/accept.h"
#include "controllers/shared/children.h"

namespace tidegate::controllers {

struct PipelineContext {
  std::string ns;
  std::string name;
  std::string installation;  // docs/architecture.md, "Names and labels"
  std::string bootstrap_servers;
  std::string worker_image;
  std::string pull_policy;
  std::map<std::string, int> replicas = {};  // of stages with scale, as the autoscaler decided
};

// What a stage is to run with; a paused pipeline's processors and sinks have none.
int replicas_of(const PipelineContext& context, const crds::Stage& stage, bool paused);

// The KafkaCluster of a pipeline with kafka.managed.
Child plan_kafka_cluster(const PipelineContext& context, const Accepted& accepted);

// ConfigMap, workload and Service of every stage, in the order in which they are to be applied. The ConfigMaps are
// immutable and named by their content: other settings are another ConfigMap, which rolls the pods.
std::vector<Child> plan_stages(const PipelineContext& context, const Accepted& accepted);

// Where clients send records to a source.
std::string source_url(const PipelineContext& context, const crds::Source& source);

}  // namespace tidegate::controllers
