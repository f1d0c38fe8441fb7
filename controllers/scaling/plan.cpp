#include "controllers/scaling/plan.h"

#include <algorithm>

#include "common/base/text.h"

namespace tidegate::controllers {
namespace {

using autoscaler::StageKind;

ScalingStage planned(const crds::Stage& stage, StageKind kind) {
  ScalingStage out;
  out.name = stage.name;
  out.kind = kind;
  out.scaled = stage.scale.has_value();
  out.limits.min = stage.scale ? stage.scale->min : stage.replicas;
  out.limits.max = stage.scale ? stage.scale->max : stage.replicas;
  return out;
}

void add_problem(ScalingPlan& plan, const std::string& text) {
  if (plan.problem.empty()) plan.problem = text;
}

// Sets a wish of the stages that the annotation names.
void wish(ScalingPlan& plan, const Json& annotations, const char* annotation, bool autoscaler::Limits::*member) {
  const std::string text(trim(annotations.get(annotation).as_string()));
  if (text.empty() || text == "false") return;
  for (const std::string& word : text == "true" ? std::vector<std::string>{} : split(text, ',')) {
    const std::string name(trim(word));
    const auto found =
        std::find_if(plan.stages.begin(), plan.stages.end(), [&](const ScalingStage& s) { return s.name == name; });
    if (found != plan.stages.end())
      found->limits.*member = true;
    else
      add_problem(plan, cat("annotation ", annotation, ": no stage is called '", truncate_utf8(name, 40), "'"));
  }
  if (text != "true") return;
  for (ScalingStage& stage : plan.stages) stage.limits.*member = true;
}

}  // namespace

const char* to_string(StageKind kind) {
  switch (kind) {
    case StageKind::source:
      return "source";
    case StageKind::processor:
      return "processor";
    case StageKind::sink:
      return "sink";
  }
  return "processor";
}

const ScalingStage* ScalingPlan::stage(const std::string& name) const {
  for (const ScalingStage& stage : stages) {
    if (stage.name == name) return &stage;
  }
  return nullptr;
}

ScalingPlan plan_scaling(const crds::PipelineSpec& spec, const Json& annotations) {
  ScalingPlan out;
  out.paused = spec.paused;
  if (spec.objectives.latency)
    out.objectives.latency_seconds = static_cast<double>(spec.objectives.latency->count()) / 1000;
  if (spec.objectives.throughput) out.objectives.throughput = *spec.objectives.throughput;
  const auto writers = [&](const std::string& topic) {
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < spec.processors.size(); ++i) {
      if (spec.processors[i].to == topic) indices.push_back(spec.sources.size() + i);
    }
    return indices;
  };
  for (const crds::Source& source : spec.sources) out.stages.push_back(planned(source, StageKind::source));
  for (const crds::Processor& processor : spec.processors) {
    out.stages.push_back(planned(processor, StageKind::processor));
    out.stages.back().upstream = writers(processor.from);
  }
  for (const crds::Sink& sink : spec.sinks) {
    out.stages.push_back(planned(sink, StageKind::sink));
    out.stages.back().upstream = writers(sink.from);
  }
  wish(out, annotations, kPauseScaleIn, &autoscaler::Limits::pause_in);
  wish(out, annotations, kPauseScaleOut, &autoscaler::Limits::pause_out);
  const std::string mode(trim(annotations.get(kScaling).as_string()));
  if (!mode.empty() && mode != "recommend")
    add_problem(out, cat("annotation ", kScaling, ": '", truncate_utf8(mode, 40), "' is not 'recommend'"));
  for (ScalingStage& stage : out.stages) stage.limits.recommend_only = mode == "recommend";
  return out;
}

bool scales(const crds::PipelineSpec& spec) {
  const auto has = [](const auto& stages) {
    return std::any_of(stages.begin(), stages.end(), [](const crds::Stage& stage) { return stage.scale.has_value(); });
  };
  return has(spec.sources) || has(spec.processors) || has(spec.sinks);
}

}  // namespace tidegate::controllers
