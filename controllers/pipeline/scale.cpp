// Hands the pipeline to the autoscaler and takes its decisions.
#include "common/base/log.h"
#include "common/base/text.h"
#include "controllers/pipeline/controller.h"
#include "controllers/pipeline/labels.h"

namespace tidegate::controllers {
void PipelineController::scale(Run& run) {
  const crds::PipelineSpec& spec = run.accepted->spec;
  run.report.scaled = scales(spec);
  if (!run.report.scaled) return scaler_.forget(run.key);
  scaler_.watch(run.key, plan_scaling(spec, run.pipeline->at("metadata/annotations")), running_replicas(run),
                run.observer, learned(run, kScalingLearned));
  const auto take = [&](const auto& stages) {
    for (const crds::Stage& stage : stages) {
      if (const auto decided = scaler_.replicas(run.key, stage.name)) run.context.replicas[stage.name] = *decided;
    }
  };
  take(spec.sources);
  take(spec.processors);
  take(spec.sinks);
  run.report.scaling = scaler_.report(run.key);
}

// What stages run with now, so that an operator that starts does not change it.
std::map<std::string, int> PipelineController::running_replicas(const Run& run) {
  std::map<std::string, int> out;
  const auto add = [&](const auto& stages, const kube::Resource& kind) {
    for (const crds::Stage& stage : stages) {
      const auto live = children_.find(kind, run.key.ns, crds::stage_child(run.key.name, stage.name));
      if (!live) continue;
      const auto replicas = static_cast<int>(live->at("spec/replicas").as_int(1));
      if (replicas > 0 || !run.accepted->spec.paused) out[stage.name] = replicas;  // else the pause's, not a decision
    }
  };
  add(run.accepted->spec.sources, kinds::deployments);
  add(run.accepted->spec.processors, kinds::stateful_sets);
  add(run.accepted->spec.sinks, kinds::stateful_sets);
  return out;
}

}  // namespace tidegate::controllers
