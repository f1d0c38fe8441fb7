// From what observers and caches hold to the evidence that health is judged by. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "controllers/health/evidence.h"
#include "controllers/monitoring/plan.h"
#include "controllers/observation/observer.h"
#include "controllers/shared/pods.h"
#include "operator/kube/cache.h"

namespace tidegate::controllers {

struct StageObjects {
  kube::ObjectPtr workload;  // its StatefulSet or Deployment; null when there is none
  std::vector<kube::ObjectPtr> pods;
};

// What was seen of one pipeline.
struct PipelineSight {
  HealthView kafka;
  std::map<std::string, StageObjects> stages;
  Json status;  // of the Pipeline
};

health::PipelineEvidence look_at(const MonitoringPlan& plan, const PipelineSight& sight);

// What was seen of one KafkaCluster. `wanted`: nodes in its spec.
health::ClusterEvidence look_at(const std::string& name, const ClusterView& view, int wanted,
                                std::vector<health::VolumeEvidence> volumes);

}  // namespace tidegate::controllers
