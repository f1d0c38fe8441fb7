#include <map>
#include <optional>

#include "common/base/text.h"
#include "worker/codec/kafka_metadata.h"
#include "worker/codec/schema.h"
#include "worker/engine/engine.h"
#include "worker/stage/step.h"
#include "worker/stage/tables.h"

namespace tidegate::stage {
namespace {

constexpr const char* kMemoryBesideTables = "128MB";  // of DuckDB, which keeps nothing then

class ProcessorStep : public Step {
 public:
  ProcessorStep(const Settings& settings, std::size_t max_row_bytes, std::shared_ptr<Tables> tables)
      : settings_(settings),
        max_row_bytes_(max_row_bytes),
        tables_(std::move(tables)),
        spare_(std::make_shared<Spare>()) {}

  Result<void> open() override {
    engine_.reset();
    if (auto kept = keep_up(); !kept) return kept;
    auto fields = codec::Schema::from_json(settings_.input_fields, settings_.input_format);
    if (!fields) return std::move(fields).error();
    fields_ = *std::move(fields);
    engine::Query query{settings_.query_topic, fields_, settings_.query, settings_.output_key};
    engine::Options options;
    if (follows_records()) options.time_field = settings_.time->field->field;
    if (tables_) {
      query.tables = tables_->tables();
      options.memory_limit = kMemoryBesideTables;
    }
    auto engine = engine::Engine::open(query, options);
    if (!engine) return std::move(engine).error();
    engine_.emplace(*std::move(engine));
    return {};
  }

  Result<StepOutput> run(std::span<const kafka::Record> records) override {
    StepOutput output;
    auto parts = std::make_shared<Parts>();
    if (auto done = run_part(records, 0, output, *parts); !done) return std::move(done).error();
    output.memory = std::move(parts);
    if (settings_.time) output.windows = progress(records.front().partition);
    return output;
  }

  void assigned(const kafka::StartPosition& start) override {
    watermarks_.erase(start.partition);
    if (start.committed && start.committed->watermark_us) {
      watermark(start.partition).advance(*start.committed->watermark_us);
    }
  }
  void revoked(int partition) override { watermarks_.erase(partition); }

  Result<StepOutput> advance(int partition, window::Micros to) override {
    watermark(partition).advance(to);
    StepOutput output;
    output.windows = progress(partition);
    return output;
  }

  // Between batches: the rows of one see one state of the tables.
  Result<void> keep_up() override { return tables_ ? tables_->follow() : Result<void>(); }

  bool mixes_partitions() const override { return false; }

 private:
  // Engine outputs are large and reused: they come back here when their last row is acknowledged.
  using Spare = std::vector<std::unique_ptr<engine::Output>>;
  using Parts = std::vector<std::shared_ptr<engine::Output>>;

  std::shared_ptr<engine::Output> take_spare() {
    std::unique_ptr<engine::Output> output;
    if (spare_->empty()) {
      output = std::make_unique<engine::Output>();
    } else {
      output = std::move(spare_->back());
      spare_->pop_back();
    }
    return {output.release(), [spare = spare_](engine::Output* used) {
              constexpr std::size_t kKept = 4;
              std::unique_ptr<engine::Output> back(used);
              if (spare->size() < kKept) spare->push_back(std::move(back));
            }};
  }

  // Whether the times of records, and not stages before this one, tell how far a partition is.
  bool follows_records() const { return settings_.time && settings_.time->field && !settings_.time->field->written; }
  window::Watermark& watermark(int partition) {
    const auto field = settings_.time ? settings_.time->field : std::nullopt;
    return watermarks_.try_emplace(partition, field.value_or(window::EventTime{})).first->second;
  }
  window::Progress progress(int partition) {
    const window::Micros value = watermark(partition).value();
    return {std::nullopt, value, window::kNever, value};
  }

  // `first`: index of records[0] in the whole batch.
  Result<void> run_part(std::span<const kafka::Record> records, std::size_t first, StepOutput& output, Parts& parts) {
    values_.clear();
    for (const kafka::Record& record : records) values_.push_back(record.value.value_or(std::string_view()));
    std::shared_ptr<engine::Output> result = take_spare();
    const std::vector<codec::Metadata> metadata = codec::metadata_of(records, fields_);
    if (auto ran = engine_->run(values_, *result, metadata); !ran) return std::move(ran).error();
    const std::size_t rows_before = output.rows.size();
    output.rows.reserve(rows_before + result->size());
    for (std::size_t i = 0; i < result->size(); ++i) {
      const engine::Output::Row row = (*result)[i];
      const std::size_t bytes = row.value.size() + (row.key ? row.key->size() : 0);
      if (bytes > max_row_bytes_) {
        output.rows.resize(rows_before);
        return halve(records, first, bytes, output, parts);
      }
      output.rows.push_back({row.key, row.value});
    }
    for (const engine::Failure& failure : result->failures()) {
      output.rejections.push_back({first + failure.record, failure.reason, failure.message, failure.summary});
    }
    if (follows_records()) {
      window::Watermark& mine = watermark(records.front().partition);
      for (const engine::RecordTime& time : result->times()) {
        if (!mine.ahead(time.micros, records[time.record].timestamp_ms)) mine.observe(time.micros);
      }
    }
    output.counts.took += result->taken();
    output.counts.gave += result->returned();
    const std::vector<std::int64_t>& nulls = result->nulls();
    output.counts.nulls.resize(nulls.size());
    for (std::size_t f = 0; f < nulls.size(); ++f) output.counts.nulls[f] += nulls[f];
    parts.push_back(std::move(result));
    return {};
  }

  // Some row is too large for the output topic: find the record that it came from.
  Result<void> halve(std::span<const kafka::Record> records, std::size_t first, std::size_t bytes, StepOutput& output,
                     Parts& parts) {
    if (records.size() == 1) {
      const std::string words = cat("the row made from this record has ", std::to_string(bytes), " bytes; topic ",
                                    settings_.output_topic, " takes ", std::to_string(max_row_bytes_));
      output.rejections.push_back({first, "Oversized", words, words});
      return {};
    }
    const std::size_t half = records.size() / 2;
    if (auto left = run_part(records.first(half), first, output, parts); !left) return left;
    return run_part(records.subspan(half), first + half, output, parts);
  }

  const Settings& settings_;
  std::size_t max_row_bytes_;
  std::shared_ptr<Tables> tables_;
  codec::Schema fields_;
  std::optional<engine::Engine> engine_;
  std::vector<std::string_view> values_;
  std::shared_ptr<Spare> spare_;
  std::map<int, window::Watermark> watermarks_;  // of a stage with settings.time
};

}  // namespace

std::unique_ptr<Step> processor_step(const Settings& settings, std::size_t max_row_bytes,
                                     std::shared_ptr<Tables> tables) {
  return std::make_unique<ProcessorStep>(settings, max_row_bytes, std::move(tables));
}

}  // namespace tidegate::stage
