#include "worker/stage/health.h"

#include <algorithm>

namespace tidegate::stage {
namespace {

// Every reason that a record can have, so that a rate over them starts at 0 instead of appearing with the first one.
constexpr const char* kReasons[] = {"Malformed", "WrongType", "MissingField", "Oversized", "QueryFailed", "Rejected"};

constexpr const char* kWindowReasons[] = {"Late", "TooFarAhead"};

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
  const auto with = [&](const char* name, const std::string& value) {
    metrics::Labels more = labels;
    more[name] = value;
    return more;
  };
  records_in_ = registry.counter("tidegate_stage_records_in_total", labels);
  records_out_ = registry.counter("tidegate_stage_records_out_total", labels);
  if (settings.kind == Kind::sink) sink_rows_ = registry.counter("tidegate_sink_rows_total", labels);
  records_seen_ = registry.counter("tidegate_stage_records_seen_total", labels);
  rows_taken_ = registry.counter("tidegate_stage_rows_taken_total", labels);
  rows_given_ = registry.counter("tidegate_stage_rows_given_total", labels);
  for (const Json& field : settings.input_fields.items()) {
    nulls_.push_back(
        registry.counter("tidegate_stage_field_nulls_total", with("field", field.get("name").as_string())));
  }
  end_to_end_seconds_ = registry.histogram("tidegate_stage_end_to_end_seconds", labels);
  in_flight_records = registry.gauge("tidegate_stage_in_flight_records", labels);
  busy_seconds = registry.counter("tidegate_stage_busy_seconds_total", labels);
  batch_seconds = registry.histogram("tidegate_stage_batch_seconds", labels);
  waiting = registry.gauge("tidegate_stage_waiting", labels);
  if (settings.window) {
    watermark_delay_ = registry.gauge("tidegate_stage_watermark_delay_seconds", labels);
    open_windows_ = registry.gauge("tidegate_stage_open_windows", labels);
    window_rows_ = registry.gauge("tidegate_stage_window_rows", labels);
    for (const char* reason : kWindowReasons) {
      dead_letters_[reason] = registry.counter("tidegate_stage_dead_letters_total", with("reason", reason));
    }
  }
  if (settings.kafka_source) source_lag = registry.gauge("tidegate_source_lag_records", labels);
  for (const char* reason : kReasons) {
    dead_letters_[reason] = registry.counter("tidegate_stage_dead_letters_total", with("reason", reason));
  }
}

void StageMetrics::settled(const Ledger::Settled& settled, std::int64_t now_ms) {
  const Accounts& accounts = settled.accounts;
  const auto add = [](const metrics::Counter& counter, std::int64_t amount) {
    if (amount > 0) counter.add(static_cast<double>(amount));
  };
  add(records_in_, accounts.in);
  add(records_out_, accounts.out);
  if (sink_rows_) add(*sink_rows_, accounts.out);
  add(records_seen_, settled.seen);
  add(rows_taken_, accounts.took);
  add(rows_given_, accounts.gave);
  for (std::size_t f = 0; f < std::min(nulls_.size(), accounts.nulls.size()); ++f) add(nulls_[f], accounts.nulls[f]);
  for (const Ledger::Sample& sample : settled.samples) {
    const std::int64_t age_ms = std::max<std::int64_t>(now_ms - sample.timestamp_ms, 0);  // clocks differ
    end_to_end_seconds_.observe(static_cast<double>(age_ms) / 1000, sample.records);
  }
}

void StageMetrics::windows(const window::Held& held, std::int64_t now_ms) {
  if (!open_windows_) return;
  open_windows_->set(static_cast<double>(held.windows));
  window_rows_->set(static_cast<double>(held.rows));
  // 0 before the first record: nothing is waited for.
  const double watermark = static_cast<double>(held.watermark) / 1e6;
  watermark_delay_->set(held.watermark == window::kNever ? 0 : static_cast<double>(now_ms) / 1e3 - watermark);
}

void StageMetrics::dead_letter(const std::string& reason) {
  const auto found = dead_letters_.find(reason);
  (found == dead_letters_.end() ? dead_letters_.at("Rejected") : found->second).add();
}

}  // namespace tidegate::stage
