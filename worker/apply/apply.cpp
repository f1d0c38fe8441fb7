#include "worker/apply/apply.h"

#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.h"
#include "worker/apply/envelope.h"
#include "worker/engine/engine.h"
#include "worker/engine/table.h"
#include "worker/engine/windowed.h"

namespace tidegate {
namespace {

// Records of a file have no time but their own, so none is too far ahead of it.
constexpr std::int64_t kNoKafkaTime = std::int64_t{1} << 52;
constexpr std::int64_t kMemoryBytes = std::int64_t{2} << 30;
constexpr std::int64_t kWindows = 5'000'000;
constexpr std::size_t kBatch = 8192;  // as large as a processor's; results do not depend on it

// Records of a file, with the numbers of their lines.
struct Batch {
  std::vector<std::optional<std::string>> values;
  std::vector<std::optional<std::string>> keys;  // these and
  std::vector<codec::Metadata> metadata;         // these only when fields come from beside the values
  std::vector<std::int64_t> numbers;

  // Kafka's null is a view without data.
  static std::string_view view(const std::optional<std::string>& text) { return text ? *text : std::string_view(); }
};

class Records {
 public:
  Records(std::istream& in, const codec::Schema& fields) : in_(in) {
    if (fields.needs_metadata()) envelopes_.emplace(fields);
  }

  Result<Batch> next() {
    Batch batch;
    std::string line;
    while (batch.numbers.size() < kBatch && std::getline(in_, line)) {
      ++line_number_;
      if (line.ends_with('\r')) line.pop_back();
      if (line.find_first_not_of(" \t") == std::string::npos) continue;
      batch.numbers.push_back(line_number_);
      if (!envelopes_) {
        batch.values.emplace_back(line);
        continue;
      }
      auto envelope = envelopes_->read(line);
      if (!envelope) return std::move(envelope).error().context(cat("line ", std::to_string(line_number_)));
      batch.values.push_back(std::move(envelope->value));
      batch.keys.push_back(std::move(envelope->key));
      batch.metadata.push_back(std::move(envelope->metadata));
    }
    for (std::size_t i = 0; i < batch.metadata.size(); ++i) {
      if (batch.keys[i]) batch.metadata[i].key = *batch.keys[i];
    }
    return batch;
  }

 private:
  std::istream& in_;
  std::optional<EnvelopeReader> envelopes_;
  std::int64_t line_number_ = 0;
};

// Every line of the file, the last of each key counts; no file: an empty table.
Result<void> fill(engine::Table& table, const std::string& file) {
  if (file.empty()) return {};
  std::ifstream in(file);
  if (!in) return Error{"InvalidInput", cat("cannot read ", file)};
  Records records(in, table.fields());
  for (;;) {
    const Result<Batch> batch = records.next();
    if (!batch) return batch.error();
    if (batch->numbers.empty()) return {};
    for (std::size_t i = 0; i < batch->numbers.size(); ++i) {
      if (auto put = table.put(Batch::view(batch->values[i])); !put) {
        return Error{"InvalidInput", cat(file, ":", std::to_string(batch->numbers[i]), ": ", put.error().message, " (",
                                         put.error().reason, "), in table ", table.name())};
      }
    }
  }
}

// Runs the batches through either engine. `flush` gives what comes out once there are no more records.
template <typename Run, typename Flush>
Result<Applied> apply_with(Records records, std::ostream& rows, std::ostream& rejected, Run run, Flush flush) {
  Applied applied;
  engine::Output output;
  const auto write_rows = [&] {
    for (std::size_t i = 0; i < output.size(); ++i) rows << output[i].value << '\n';
    applied.rows += static_cast<std::int64_t>(output.size());
  };
  for (;;) {
    const Result<Batch> read = records.next();
    if (!read) return read.error();
    const Batch& batch = *read;
    if (batch.numbers.empty()) break;
    if (Result<void> ran = run(batch, output); !ran) return std::move(ran).error();
    write_rows();
    for (const engine::Failure& failure : output.failures()) {
      const Json line = Json::object(
          {{"line", batch.numbers[failure.record]}, {"reason", failure.reason}, {"message", failure.message}});
      rejected << line.dump() << '\n';
    }
    applied.records += static_cast<std::int64_t>(batch.numbers.size());
    applied.rejected += static_cast<std::int64_t>(output.failures().size());
  }
  if (Result<void> flushed = flush(output); !flushed) return std::move(flushed).error();
  write_rows();
  return applied;
}

Result<Applied> apply_windowed(const engine::Query& query, const Json& request, std::istream& records,
                               std::ostream& rows, std::ostream& rejected) {
  const auto windowed = engine::windowed_query(query, request);
  if (!windowed) return windowed.error();
  auto engine = engine::WindowedEngine::open(*windowed, {kMemoryBytes, {}, 0, kWindows});
  if (!engine) return std::move(engine).error();
  const auto run = [&](const Batch& batch, engine::Output& output) {
    std::vector<engine::TimedRecord> timed;
    for (std::size_t i = 0; i < batch.values.size(); ++i) {
      timed.push_back({Batch::view(batch.values[i]), batch.numbers[i], kNoKafkaTime});
    }
    return engine->run(0, timed, output, batch.metadata);
  };
  return apply_with(Records(records, query.fields), rows, rejected, run,
                    [&](engine::Output& output) { return engine->flush(output); });
}

}  // namespace

Result<Applied> apply(const Json& request, std::istream& records, std::ostream& rows, std::ostream& rejected) {
  auto fields = codec::Schema::from_json(request.get("fields"), request);
  if (!fields) return std::move(fields).error();
  auto tables = engine::tables_from_json(request.get("tables"));
  if (!tables) return std::move(tables).error();
  engine::Query query{request.get("topic").as_string(), *std::move(fields), request.get("query").as_string(),
                      request.get("key").strings()};
  if (request.has("window")) return apply_windowed(query, request, records, rows, rejected);
  for (std::size_t t = 0; t < tables->size(); ++t) {
    const auto filled = fill((*tables)[t], request.get("tables").items()[t].get("file").as_string());
    if (!filled) return filled.error();
    query.tables.push_back(&(*tables)[t]);
  }
  auto engine = engine::Engine::open(query, {});
  if (!engine) return std::move(engine).error();
  const auto run = [&](const Batch& batch, engine::Output& output) {
    std::vector<std::string_view> views;
    for (const std::optional<std::string>& value : batch.values) views.push_back(Batch::view(value));
    return engine->run(views, output, batch.metadata);
  };
  return apply_with(Records(records, query.fields), rows, rejected, run, [](engine::Output& output) {
    output.clear();
    return Result<void>();
  });
}

}  // namespace tidegate
