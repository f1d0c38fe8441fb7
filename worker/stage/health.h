// What the stage's loop knows about itself, for the HTTP probes and the metrics.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/metrics/metrics.h"
#include "worker/stage/ledger.h"
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

// The series of docs/metrics.md; made once, with the labels of the stage.
class StageMetrics {
 public:
  StageMetrics(metrics::Registry& registry, const Settings& settings);

  metrics::Gauge in_flight_records;
  metrics::Counter busy_seconds;
  metrics::Histogram batch_seconds;
  metrics::Gauge waiting;
  std::optional<metrics::Gauge> source_lag;  // of a source that reads another Kafka
  void dead_letter(const std::string& reason);
  // Records whose outcome was acknowledged at that wall clock.
  void settled(const Ledger::Settled& settled, std::int64_t now_ms);
  // Of a stage with windows.
  void windows(const window::Held& held, std::int64_t now_ms);

 private:
  metrics::Counter records_in_;
  metrics::Counter records_out_;
  std::optional<metrics::Counter> sink_rows_;  // of a sink
  metrics::Counter records_seen_;
  metrics::Counter rows_taken_;
  metrics::Counter rows_given_;
  std::vector<metrics::Counter> nulls_;  // per input field
  std::optional<metrics::Gauge> watermark_delay_;
  std::optional<metrics::Gauge> open_windows_;
  std::optional<metrics::Gauge> window_rows_;
  metrics::Histogram end_to_end_seconds_;
  std::map<std::string, metrics::Counter> dead_letters_;
};

}  // namespace tidegate::stage
