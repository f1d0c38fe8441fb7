// What a reconcile found, written to status and told as Events.
#include "common/base/text.h"
#include "controllers/pipeline/controller.h"

namespace tidegate::controllers {
namespace {

constexpr Duration figures_every{30'000};

}  // namespace

Result<void> PipelineController::write_status(Run& run) {
  Memory& memory = *run.memory;
  if (run.failure && !run.report.rolling_out) run.report.rolling_out = run.failure;
  if (run.report.topics.empty()) run.report.topics = read_topic_records(run.pipeline->at("status"));
  const bool ours_is_newer = memory.written && older(run.pipeline->at("metadata/resourceVersion").as_string(),
                                                     memory.written->at("metadata/resourceVersion").as_string());
  const Json before = ours_is_newer ? memory.written->at("status") : run.pipeline->at("status");
  const Json after = status_json(run.report, before, options_.clock.wall());
  if (after == before) return {};
  const SteadyTime now = options_.clock.steady();
  if (without_figures(after) == without_figures(before) && memory.written_at != SteadyTime{} &&
      now - memory.written_at < figures_every) {
    return {};
  }
  auto written =
      api_.apply_status(kinds::pipelines,
                        Json::object({{"apiVersion", kinds::pipelines.api_version()},
                                      {"kind", kinds::pipelines.kind},
                                      {"metadata", Json::object({{"name", run.key.name},
                                                                 {"namespace", run.key.ns},
                                                                 {"uid", run.pipeline->at("metadata/uid")}})},
                                      {"status", after}}),
                        kStatusManager);
  if (!written) return std::move(written).error().context("write status");
  memory.written = std::make_shared<const Json>(std::move(*written));
  memory.written_at = now;
  tell(*run.pipeline, before, after);
  return {};
}

// Events about what changed.
void PipelineController::tell(const Json& pipeline, const Json& before, const Json& after) {
  for (const char* type : {"Stalled", "Ready", "ScalingActive", "ScalingLimited"}) {
    const Json& was = find_condition(before, type);
    const Json& is = find_condition(after, type);
    if (is.is_null() || (was.is_null() && std::string_view(type).starts_with("Scaling"))) continue;
    if (was.at("status") == is.at("status") && was.at("reason") == is.at("reason")) continue;
    const bool truth = is.at("status").as_string() == "True";
    // An operator that starts has decided nothing for a moment: neither that nor its end is news.
    if (is.at("status").as_string() == "Unknown" || (was.at("status").as_string() == "Unknown" && truth)) continue;
    const bool bad_when_true = std::string_view(type) == "Stalled" || std::string_view(type) == "ScalingLimited";
    if (bad_when_true && !truth) continue;
    const std::string reason = is.at("reason").as_string();
    const bool good = truth ? reason != "InvalidAnnotation" : reason == "Starting";
    events_.record(pipeline, bad_when_true || !good, reason, is.at("message").as_string());
  }
}

}  // namespace tidegate::controllers
