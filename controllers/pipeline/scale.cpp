// Hands the pipeline to the autoscaler and takes its decisions.
#include "common/base/log.h"
#include "common/base/text.h"
#include "controllers/pipeline/controller.h"
#include "controllers/pipeline/labels.h"

namespace tidegate::controllers {
namespace {

constexpr char kLearnedKey[] = "learned.json";

}  // namespace

std::string learned_name(const std::string& pipeline) {
  return pipeline + "-learned";
}

void PipelineController::scale(Run& run) {
  const crds::PipelineSpec& spec = run.accepted->spec;
  run.report.scaled = scales(spec);
  if (!run.report.scaled) return scaler_.forget(run.key);
  Json learned;
  if (const auto kept = children_.find(kinds::config_maps, run.key.ns, learned_name(run.key.name))) {
    if (auto parsed = Json::parse(kept->at("data").get(kLearnedKey).as_string())) learned = *std::move(parsed);
  }
  scaler_.watch(run.key, plan_scaling(spec, run.pipeline->at("metadata/annotations")), running_replicas(run),
                run.observer, learned);
  const auto take = [&](const auto& stages) {
    for (const crds::Stage& stage : stages) {
      if (const auto decided = scaler_.replicas(run.key, stage.name)) run.context.replicas[stage.name] = *decided;
    }
  };
  take(spec.sources);
  take(spec.processors);
  take(spec.sinks);
  run.report.scaling = scaler_.report(run.key);
  if (auto kept = keep_learned(run); !kept) {
    log::warn("what autoscaling learned cannot be written",
              {{"namespace", run.key.ns}, {"pipeline", run.key.name}, {"error", kept.error().message}});
  }
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

Result<void> PipelineController::keep_learned(const Run& run) {
  const auto learned = scaler_.learned_to_write(run.key);
  if (!learned) return {};
  return children_.apply(
      *run.pipeline,
      {kinds::config_maps, Json::object({{"apiVersion", kinds::config_maps.api_version()},
                                         {"kind", kinds::config_maps.kind},
                                         {"metadata", Json::object({{"name", learned_name(run.key.name)},
                                                                    {"namespace", run.key.ns},
                                                                    {"labels", pipeline_labels(run.key.name)}})},
                                         {"data", Json::object({{kLearnedKey, learned->dump()}})}})});
}

}  // namespace tidegate::controllers
