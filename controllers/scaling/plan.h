// What of a pipeline is to be scaled, and within which wishes. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/json/json.h"
#include "controllers/autoscaler/autoscaler.h"
#include "crds/pipeline.h"

namespace tidegate::controllers {

// Annotations of a Pipeline: "true" for all stages, or their names separated by commas.
inline constexpr char kPauseScaleIn[] = "tidegate.io/pause-scale-in";
inline constexpr char kPauseScaleOut[] = "tidegate.io/pause-scale-out";
// "recommend": decisions are told, not carried out.
inline constexpr char kScaling[] = "tidegate.io/scaling";

struct ScalingStage {
  std::string name;
  autoscaler::StageKind kind = autoscaler::StageKind::processor;
  bool scaled = false;  // has `scale`; a fixed stage has limits of its own number
  autoscaler::Limits limits;
  std::vector<std::size_t> upstream;  // processors that write what it reads; a source counts as outside
};

struct ScalingPlan {
  bool paused = false;  // the pipeline is: nothing is decided
  autoscaler::Objectives objectives;
  std::vector<ScalingStage> stages;  // sources, processors, sinks
  std::string problem;               // of the annotations; "" when all is understood

  const ScalingStage* stage(const std::string& name) const;
};

ScalingPlan plan_scaling(const crds::PipelineSpec& spec, const Json& annotations);

// Whether any stage has `scale`.
bool scales(const crds::PipelineSpec& spec);

const char* to_string(autoscaler::StageKind kind);

}  // namespace tidegate::controllers
