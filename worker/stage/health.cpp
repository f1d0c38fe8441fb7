#include "worker/stage/health.h"

namespace tidegate::stage {
namespace {

// Every reason that a record can have, so that a rate over them starts at 0 instead of appearing with the first one.
constexpr const char* kReasons[] = {"Malformed", "WrongType", "MissingField", "Oversized", "QueryFailed", "Rejected"};

}  // namespace

void Health::set_problem(const std::string& problem) {
  const std::lock_guard lock(mutex_);
  problem_ = problem;
}

std::string Health::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

metrics::Labels labels_of(const Settings& settings) {
  return {{"namespace", settings.name_space}, {"pipeline", settings.pipeline}, {"stage", settings.stage}};
}

StageMetrics::StageMetrics(metrics::Registry& registry, const Settings& settings) {
  const metrics::Labels labels = labels_of(settings);
  records_in = registry.counter("tidegate_stage_records_in_total", "Records read and dealt with", labels);
  records_out = registry.counter("tidegate_stage_records_out_total", "Records written and acknowledged", labels);
  busy_seconds = registry.counter("tidegate_stage_busy_seconds_total", "Time spent processing records", labels);
  batch_seconds = registry.histogram("tidegate_stage_batch_seconds", "Time spent on one batch of records",
                                     {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5}, labels);
  waiting = registry.gauge("tidegate_stage_waiting", "1 while the stage cannot work", labels);
  sink_rows = settings.kind == Kind::sink
                  ? registry.counter("tidegate_sink_rows_total", "Records that the target has taken", labels)
                  : records_out;
  for (const char* reason : kReasons) {
    metrics::Labels with_reason = labels;
    with_reason["reason"] = reason;
    dead_letters_[reason] =
        registry.counter("tidegate_stage_dead_letters_total", "Records sent to the dead letters", with_reason);
  }
}

void StageMetrics::dead_letter(const std::string& reason) {
  const auto found = dead_letters_.find(reason);
  (found == dead_letters_.end() ? dead_letters_.at("Rejected") : found->second).add();
}

}  // namespace tidegate::stage
