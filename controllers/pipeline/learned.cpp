// What autoscaling and health learned, in one ConfigMap per pipeline.
#include "controllers/pipeline/controller.h"
#include "controllers/pipeline/labels.h"

namespace tidegate::controllers {

std::string learned_name(const std::string& pipeline) {
  return pipeline + "-learned";
}

Json PipelineController::learned(const Run& run, const char* key) {
  const auto kept = children_.find(kinds::config_maps, run.key.ns, learned_name(run.key.name));
  if (!kept) return {};
  auto parsed = Json::parse(kept->at("data").get(key).as_string());
  return parsed ? *std::move(parsed) : Json();
}

Result<void> PipelineController::keep_learned(const Run& run) {
  const auto scaling = scaler_.learned_to_write(run.key);
  const auto health = monitor_.learned_to_write(run.key);
  if (!scaling && !health) return {};
  // What is left out of an apply would be removed.
  Json data = Json::Object{};
  const auto put = [&](const char* key, const std::optional<Json>& fresh) {
    const Json value = fresh ? *fresh : learned(run, key);
    if (!value.is_null()) data[key] = value.dump();
  };
  put(kScalingLearned, scaling);
  put(kHealthLearned, health);
  auto done = children_.apply(
      *run.pipeline,
      {kinds::config_maps, Json::object({{"apiVersion", kinds::config_maps.api_version()},
                                         {"kind", kinds::config_maps.kind},
                                         {"metadata", Json::object({{"name", learned_name(run.key.name)},
                                                                    {"namespace", run.key.ns},
                                                                    {"labels", pipeline_labels(run.key.name)}})},
                                         {"data", std::move(data)}})});
  if (done && health) monitor_.wrote_learned(run.key, *health);
  return done;
}

}  // namespace tidegate::controllers
