// What the stage's loop knows about itself, for the HTTP probes and the metrics.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "common/metrics/metrics.h"
#include "worker/stage/settings.h"

namespace tidegate::stage {

// Thread-safe.
class Health {
 public:
  // Empty: able to work. The initial state is "starting".
  void set_problem(const std::string& problem);
  std::string problem() const;

 private:
  mutable std::mutex mutex_;
  std::string problem_ = "starting";
};

// namespace, pipeline and stage: what every series of a stage carries.
metrics::Labels labels_of(const Settings& settings);

// The series of docs/architecture.md, "Metrics"; made once, with the labels of the stage.
class StageMetrics {
 public:
  StageMetrics(metrics::Registry& registry, const Settings& settings);

  metrics::Counter records_in;
  metrics::Counter records_out;
  metrics::Counter sink_rows;  // sinks only
  metrics::Counter busy_seconds;
  metrics::Histogram batch_seconds;
  metrics::Gauge waiting;
  void dead_letter(const std::string& reason);

 private:
  std::map<std::string, metrics::Counter> dead_letters_;
};

}  // namespace tidegate::stage
