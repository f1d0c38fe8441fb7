#include <algorithm>
#include <filesystem>
#include <map>

#include "common/base/log.h"
#include "common/base/text.h"
#include "kafka/murmur2.h"
#include "worker/codec/kafka_metadata.h"
#include "worker/engine/windowed.h"
#include "worker/stage/ledger.h"
#include "worker/stage/step.h"

namespace tidegate::stage {
namespace {

// Shares of the pod's memory: the libraries, Kafka's queues and the bookkeeping leave 320 MiB of 512.
constexpr std::int64_t kEngineEighths = 4;
constexpr std::int64_t kWaitingEighths = 1;
constexpr std::int64_t kBytesPerWindow = 5'000;  // so that their bookkeeping is a small part of it

// Files of a worker that died would take from the room on disk.
Result<void> make_empty(const std::string& directory) {
  std::error_code failed;
  std::filesystem::remove_all(directory, failed);
  if (!failed) std::filesystem::create_directories(directory, failed);
  if (failed)
    return Error{"EngineFailed", cat("the directory for rows of windows, ", directory, ": ", failed.message())};
  return {};
}

class WindowedStep final : public Step {
 public:
  WindowedStep(const Settings& settings, std::size_t max_row_bytes, int input_partitions)
      : settings_(settings), max_row_bytes_(max_row_bytes), input_partitions_(input_partitions) {}

  Result<void> open() override {
    auto fields = codec::Schema::from_json(settings_.input_fields, settings_.input_format);
    if (!fields) return std::move(fields).error();
    const WindowSettings& window = *settings_.window;
    engine::WindowedQuery query;
    fields_ = *std::move(fields);
    query.query = {settings_.query_topic, fields_, settings_.query, settings_.output_key};
    query.window = window.window;
    query.time = window.time;
    // Sessions are of a key; other windows need it only where groups could come out in pieces.
    if (window.window.gap > 0 || input_partitions_ > 1) query.input_key = window.input_key;
    if (input_partitions_ > 1) {
      query.partition_of = [partitions = input_partitions_](std::string_view key) {
        return kafka::partition_of_key(key, partitions);
      };
      if (query.input_key.empty()) {
        return Error{"KeyMismatch",
                     cat("KeyMismatch: topic ", settings_.input_topic, " has ", std::to_string(input_partitions_),
                         " partitions and no key; declare its key, or give it one partition")};
      }
    }
    engine_.reset();
    if (!settings_.spill_directory.empty()) {
      if (auto made = make_empty(settings_.spill_directory); !made) return made;
    }
    engine::WindowLimits limits{settings_.memory_bytes / 8 * kEngineEighths, settings_.spill_directory,
                                settings_.spill_bytes, settings_.memory_bytes / kBytesPerWindow};
    limits.waiting_bytes = settings_.memory_bytes / 8 * kWaitingEighths;
    auto engine = engine::WindowedEngine::open(query, limits);
    if (!engine) return std::move(engine).error();
    engine_.emplace(*std::move(engine));
    for (const auto& [partition, resume] : resumes_) engine_->assign(partition, resume);
    return {};
  }

  Result<StepOutput> run(std::span<const kafka::Record> records) override {
    const int partition = records.front().partition;
    const std::int64_t accounted = resumes_[partition].position;
    const auto fresh = std::find_if(records.begin(), records.end(),
                                    [&](const kafka::Record& record) { return record.offset >= accounted; });
    const auto rebuilt = static_cast<std::size_t>(fresh - records.begin());
    auto result = std::make_shared<engine::Output>();
    if (auto ran = run_part(partition, records.first(rebuilt), *result); !ran) return std::move(ran).error();
    if (auto ran = run_part(partition, records.subspan(rebuilt), *result); !ran) return std::move(ran).error();
    return step_output(partition, rebuilt, std::move(result));
  }

  Result<StepOutput> advance(int partition, window::Micros watermark) override {
    auto result = std::make_shared<engine::Output>();
    if (auto closed = engine_->advance(partition, watermark, *result); !closed) return std::move(closed).error();
    return step_output(partition, 0, std::move(result));
  }

  bool mixes_partitions() const override { return false; }
  bool keeps_state() const override { return true; }

  std::optional<window::Held> held() const override { return engine_ ? engine_->held() : window::Held{}; }

  void assigned(const kafka::StartPosition& start) override {
    window::Resume resume = resume_of(start).value_or(window::Resume{});
    resume.changed = start.committed && start.committed->windows != settings_.window->identity;
    if (resume.changed) {
      log::warn("the windows changed: results begin with the next one",
                {{"partition", std::to_string(start.partition)}});
    }
    resumes_[start.partition] = resume;
    if (engine_) engine_->assign(start.partition, resume);
  }

  void revoked(int partition) override {
    resumes_.erase(partition);
    if (engine_) engine_->revoke(partition);
  }

 private:
  Result<StepOutput> step_output(int partition, std::size_t rebuilt, std::shared_ptr<engine::Output> result) {
    StepOutput output;
    output.rebuilt = rebuilt;
    for (std::size_t i = 0; i < result->size(); ++i) {
      const engine::Output::Row row = (*result)[i];
      if (const std::size_t bytes = row.value.size() + (row.key ? row.key->size() : 0); bytes > max_row_bytes_) {
        return Error{"Oversized", cat("a window's row has ", std::to_string(bytes), " bytes; topic ",
                                      settings_.output_topic, " takes ", std::to_string(max_row_bytes_))};
      }
      output.rows.push_back({row.key, row.value});
    }
    for (const engine::Failure& failure : result->failures()) {
      output.rejections.push_back({rebuilt + failure.record, failure.reason, failure.message, failure.summary});
    }
    output.counts = {result->taken(), result->returned(), result->nulls(), false};
    output.windows = engine_->progress(partition);
    output.memory = std::move(result);
    return output;
  }

  Result<void> run_part(int partition, std::span<const kafka::Record> records, engine::Output& output) {
    if (records.empty()) {
      output.clear();
      return {};
    }
    records_.clear();
    for (const kafka::Record& record : records) {
      records_.push_back({record.value.value_or(std::string_view()), record.offset, record.timestamp_ms});
    }
    return engine_->run(partition, records_, output, codec::metadata_of(records, fields_));
  }

  const Settings& settings_;
  std::size_t max_row_bytes_;
  int input_partitions_;
  codec::Schema fields_;
  std::optional<engine::WindowedEngine> engine_;
  std::map<int, window::Resume> resumes_;
  std::vector<engine::TimedRecord> records_;
};

}  // namespace

std::unique_ptr<Step> windowed_step(const Settings& settings, std::size_t max_row_bytes, int input_partitions) {
  return std::make_unique<WindowedStep>(settings, max_row_bytes, input_partitions);
}

}  // namespace tidegate::stage
