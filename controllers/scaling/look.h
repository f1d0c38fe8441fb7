// From what was observed of a stage to what the autoscaler looks at. Pure.
#pragma once

#include "controllers/observation/progress.h"
#include "controllers/scaling/plan.h"
#include "controllers/shared/pods.h"
#include "operator/kube/cache.h"

namespace tidegate::controllers {

// What was seen of one stage.
struct StageSight {
  int replicas = 0;          // as last asked for
  kube::ObjectPtr workload;  // its StatefulSet or Deployment; null when there is none
  PodSummary pods;
  StageReading reading;                   // of a processor or sink
  std::optional<double> bytes_in_flight;  // of a source
};

// What one replica of a source holds in flight at most (worker/sources/http_intake.h).
inline constexpr double kIntakeBytesPerReplica = 32.0 * 1024 * 1024;

// `moving` says that the last change is not finished: workload, pods and, as the commits tell, partitions.
autoscaler::StageLook look_at(const ScalingStage& stage, const StageSight& sight);

}  // namespace tidegate::controllers
