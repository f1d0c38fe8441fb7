#include "worker/apply/apply.h"

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.h"
#include "worker/engine/engine.h"
#include "worker/engine/table.h"
#include "worker/engine/windowed.h"

namespace tidegate {
namespace {

// Records of a file have no time but their own, so none is too far ahead of it.
constexpr std::int64_t kNoKafkaTime = std::int64_t{1} << 52;
constexpr std::size_t kBatch = 8192;  // as large as a processor's; results do not depend on it

// Lines that hold a record, with their numbers.
struct Batch {
  std::vector<std::string> lines;
  std::vector<std::int64_t> numbers;
};

Batch read_batch(std::istream& in, std::int64_t& line_number) {
  Batch batch;
  std::string line;
  while (batch.lines.size() < kBatch && std::getline(in, line)) {
    ++line_number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    batch.lines.push_back(line);
    batch.numbers.push_back(line_number);
  }
  return batch;
}

// Every line of the file, the last of each key counts; no file: an empty table.
Result<void> fill(engine::Table& table, const std::string& file) {
  if (file.empty()) return {};
  std::ifstream in(file);
  if (!in) return Error{"InvalidInput", cat("cannot read ", file)};
  std::int64_t number = 0;
  for (Batch batch = read_batch(in, number); !batch.lines.empty(); batch = read_batch(in, number)) {
    for (std::size_t i = 0; i < batch.lines.size(); ++i) {
      if (auto put = table.put(batch.lines[i]); !put) {
        return Error{"InvalidInput", cat(file, ":", std::to_string(batch.numbers[i]), ": ", put.error().message, " (",
                                         put.error().reason, "), in table ", table.name())};
      }
    }
  }
  return {};
}

// Runs the batches through either engine. `flush` gives what comes out once there are no more records.
template <typename Run, typename Flush>
Result<Applied> apply_with(std::istream& records, std::ostream& rows, std::ostream& rejected, Run run, Flush flush) {
  Applied applied;
  engine::Output output;
  const auto write_rows = [&] {
    for (std::size_t i = 0; i < output.size(); ++i) rows << output[i].value << '\n';
    applied.rows += static_cast<std::int64_t>(output.size());
  };
  std::int64_t line_number = 0;
  for (Batch batch = read_batch(records, line_number); !batch.lines.empty(); batch = read_batch(records, line_number)) {
    if (Result<void> ran = run(batch, output); !ran) return std::move(ran).error();
    write_rows();
    for (const engine::Failure& failure : output.failures()) {
      const Json line = Json::object(
          {{"line", batch.numbers[failure.record]}, {"reason", failure.reason}, {"message", failure.message}});
      rejected << line.dump() << '\n';
    }
    applied.records += static_cast<std::int64_t>(batch.lines.size());
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
  auto engine = engine::WindowedEngine::open(*windowed, {});
  if (!engine) return std::move(engine).error();
  const auto run = [&](const Batch& batch, engine::Output& output) {
    std::vector<engine::TimedRecord> timed;
    for (std::size_t i = 0; i < batch.lines.size(); ++i) {
      timed.push_back({batch.lines[i], batch.numbers[i], kNoKafkaTime});
    }
    return engine->run(0, timed, output);
  };
  return apply_with(records, rows, rejected, run, [&](engine::Output& output) { return engine->flush(output); });
}

}  // namespace

Result<Applied> apply(const Json& request, std::istream& records, std::ostream& rows, std::ostream& rejected) {
  auto fields = codec::Schema::from_json(request.get("fields"));
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
    const std::vector<std::string_view> views(batch.lines.begin(), batch.lines.end());
    return engine->run(views, output);
  };
  return apply_with(records, rows, rejected, run, [](engine::Output& output) {
    output.clear();
    return Result<void>();
  });
}

}  // namespace tidegate
