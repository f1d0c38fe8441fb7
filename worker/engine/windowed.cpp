#include "worker/engine/windowed.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "common/base/text.h"
#include "worker/codec/calendar.h"
#include "worker/codec/key.h"
#include "worker/engine/database.h"
#include "worker/engine/input.h"
#include "worker/engine/query_check.h"
#include "worker/engine/result_writer.h"
#include "worker/engine/syntax_tree.h"
#include "worker/engine/types.h"
#include "worker/engine/window_rows.h"

namespace tidegate::engine {
namespace {

using window::Micros;

struct Partition {
  window::Watermark watermark;
  std::int64_t accounted = 0;       // records below this offset only rebuild
  Micros resumed = window::kNever;  // the watermark at it
  std::unique_ptr<WindowRows> rows;
};

std::string time_text(Micros time) {
  std::string text(codec::kTimestampBytes, '\0');
  const char* const end = codec::write_timestamp(time, text.data());
  return end == nullptr ? std::to_string(time) : text.substr(0, static_cast<std::size_t>(end - text.data()));
}

}  // namespace

Result<void> show(Database& database, const std::string& topic, const std::string& rows) {
  return database.execute(cat("CREATE OR REPLACE VIEW ", quoted(topic), " AS ", rows));
}

struct WindowedEngine::Impl {
  Impl(const WindowedQuery& wanted, const WindowLimits& allowed)
      : query(wanted), limits(allowed), input(wanted.query.fields, true) {}

  // Destroyed in reverse: the database before the input it reads.
  WindowedQuery query;
  WindowLimits limits;
  Input input;
  Database database;
  ResultWriter writer;
  codec::KeyEncoder keys;
  ResultColumns key_columns;
  std::optional<Partials> partials;
  std::string needed = "*";  // columns of Input, as far as they are needed
  std::map<int, Partition> partitions;
  std::vector<std::string_view> values;

  Result<void> set_up();
  Error too_large() const;
  Result<void> set_up_keys();
  Result<void> check(std::optional<std::size_t>& position);
  Result<void> show(const std::string& rows) { return engine::show(database, query.query.topic, rows); }
  Result<void> keep_needed();
  bool gives_the_same(const Partials& made);
  Result<void> stage(std::span<const TimedRecord> records, std::span<const codec::Metadata> metadata, Output& output);
  Result<void> sort_out(int number, Partition& partition, std::span<const TimedRecord> records, Output& output,
                        std::vector<std::int64_t>& refused);
  Error misplaced(int number, const std::string& key, const TimedRecord& record) const;
  Result<void> close(Partition& partition, Micros watermark, Output& output);
  Result<void> run_query(const WindowsOut& windows, Output& output);
};

Result<void> WindowedEngine::Impl::set_up() {
  const Query& asked = query.query;
  if (asked.fields.size() == 0) return Error{"InvalidSchema", cat("topic \"", asked.topic, "\" declares no fields")};
  for (const char* name : {"window_start", "window_end"}) {
    if (asked.fields.find(name)) {
      return Error{"InvalidSchema",
                   cat("field \"", name, "\" has the name of a column that the window adds; rename it")};
    }
  }
  const auto time = asked.fields.find(query.time.field);
  if (!time || asked.fields[*time].type.type != codec::Type::timestamp) {
    return Error{"InvalidWindow", cat("eventTime.field \"", query.time.field, "\" is no TIMESTAMP field of the topic")};
  }
  auto opened = Database::open(cat(std::to_string(limits.memory_bytes), "B"), {limits.directory, limits.disk_bytes});
  if (!opened) return std::move(opened).error();
  database = std::move(*opened);
  if (auto done = input.register_with(database.connection()); !done) return done;
  if (auto done = database.execute("CREATE SCHEMA tidegate"); !done) return done;
  Output nothing;
  if (auto done = stage({}, {}, nothing); !done) return done;
  if (auto done = show(cat("SELECT * EXCLUDE (", Input::kRecord, "), make_timestamp(0) AS window_start, ",
                           "make_timestamp(0) AS window_end FROM ", kStaged));
      !done) {
    return done;
  }
  return database.lock();
}

// The keys of records, for the check against their partition.
Result<void> WindowedEngine::Impl::set_up_keys() {
  std::vector<codec::Field> fields;
  std::vector<duckdb_type> types;
  for (const std::string& name : query.input_key) {
    const auto found = query.query.fields.find(name);
    if (!found) return Error{"InvalidKey", cat("the input topic has no field \"", name, "\"")};
    fields.push_back(query.query.fields[*found]);
    types.push_back(duckdb_get_type_id(to_duckdb(fields.back().type).get()));
  }
  auto schema = codec::Schema::of(fields);
  if (!schema) return std::move(schema).error();
  auto encoder = codec::KeyEncoder::of(*schema, query.input_key);
  if (!encoder) return std::move(encoder).error();
  keys = *std::move(encoder);
  key_columns = ResultColumns(types);
  return {};
}

// What the query is and needs; the topic's view has every column before, and is only made for windows after.
Result<void> WindowedEngine::Impl::check(std::optional<std::size_t>& position) {
  const WindowedRules rules{query.input_key};
  if (auto done = check_query(database, query.query, &rules, position); !done) return done;
  Statement statement;
  if (auto done = prepare_query(database, query.query.sql, statement, position); !done) return done;
  auto made = ResultWriter::of(statement, query.query.key);
  if (!made) return std::move(made).error();
  writer = *std::move(made);
  if (auto done = keep_needed(); !done) return done;
  if (query.window.gap > 0) return {};
  if (auto found = Partials::of(database, query.query); found && gives_the_same(*found)) {
    partials = std::move(found);
  }
  return {};
}

// Columns that nothing reads are checked with the rest of the record and then left.
Result<void> WindowedEngine::Impl::keep_needed() {
  const auto text = syntax_tree_text(database, query.query.sql);
  if (!text) return text.error();
  const auto tree = Json::parse(*text);
  if (!tree) return tree.error();
  std::vector<std::string> names = fields_in(*tree, query.query.fields);
  names.push_back(query.time.field);
  names.insert(names.end(), query.input_key.begin(), query.input_key.end());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  needed = Input::kRecord;
  for (const std::string& name : names) needed += cat(", ", quoted(name));
  Output nothing;
  return stage({}, {}, nothing);
}

// Whether the detour over partial results ends with the columns and types of the query.
bool WindowedEngine::Impl::gives_the_same(const Partials& made) {
  constexpr const char* kNone = "tidegate.none";
  if (!database.execute(cat("CREATE OR REPLACE TABLE ", kNone, " AS ", made.fold()))) return false;
  const std::string merged = cat("(", made.merged(kNone), ")");
  Statement statement;
  if (!show(made.final_rows(merged, "make_timestamp(0)", "make_timestamp(0)"))) return false;
  if (database.prepare(made.finish(), statement)) return false;
  const auto other = ResultWriter::of(statement, {});
  return other && other->columns() == writer.columns();
}

// Reads the records into kStaged.
Result<void> WindowedEngine::Impl::stage(std::span<const TimedRecord> records,
                                         std::span<const codec::Metadata> metadata, Output& output) {
  values.clear();
  for (const TimedRecord& record : records) values.push_back(record.value);
  input.set(values, metadata, 0, values.size(), output.failures_);
  if (auto done = database.execute(
          cat("CREATE OR REPLACE TABLE ", kStaged, " AS SELECT ", needed, " FROM ", Input::kFunction, "()"));
      !done) {
    return done;
  }
  const Input::Taken& taken = input.finish();
  output.counts_.taken = taken.rows;
  output.nulls_ = taken.nulls;
  return {};
}

Error WindowedEngine::Impl::misplaced(int number, const std::string& key, const TimedRecord& record) const {
  return {"KeyMismatch",
          cat("KeyMismatch: the record at offset ", std::to_string(record.offset), " of partition ",
              std::to_string(number), " has the key ", truncate_utf8(key, 40), ", which belongs to partition ",
              std::to_string(query.partition_of(key)),
              "; produce with the partitioner murmur2 over the fields that topic ", query.query.topic, " is keyed by")};
}

// Decides row by row what a record's time makes of it.
Result<void> WindowedEngine::Impl::sort_out(int number, Partition& partition, std::span<const TimedRecord> records,
                                            Output& output, std::vector<std::int64_t>& refused) {
  std::string columns = cat(Input::kRecord, ", epoch_us(", quoted(query.time.field), ")");
  for (const std::string& name : query.input_key) columns += cat(", ", quoted(name));
  Statement statement;
  if (const auto error = database.prepare(cat("SELECT ", columns, " FROM ", kStaged), statement)) {
    return Error{"EngineFailed", error->message};
  }
  ResultSet result;
  if (duckdb_execute_prepared(statement.get(), &result) != DuckDBSuccess) {
    return Error{"EngineFailed", duckdb_result_error(&result)};
  }
  const auto refuse = [&](std::int64_t record, const char* reason, const std::string& words) {
    refused.push_back(record);
    output.failures_.push_back({static_cast<std::size_t>(record), reason, words, words});
  };
  for (;;) {
    Chunk chunk;
    chunk.get() = duckdb_fetch_chunk(result.get());
    if (chunk.get() == nullptr) return {};
    const auto* numbers =
        static_cast<const std::int64_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk.get(), 0)));
    duckdb_vector times_vector = duckdb_data_chunk_get_vector(chunk.get(), 1);
    const auto* times = static_cast<const std::int64_t*>(duckdb_vector_get_data(times_vector));
    std::uint64_t* const valid = duckdb_vector_get_validity(times_vector);
    const std::span<const codec::Column> key_values = key_columns.read(chunk.get(), 2);
    std::string key;
    for (std::size_t row = 0; row < duckdb_data_chunk_get_size(chunk.get()); ++row) {
      const TimedRecord& record = records[static_cast<std::size_t>(numbers[row])];
      if (!keys.empty()) {
        key.clear();
        if (!keys.append(key_values, row, key)) {  // such records lie anywhere: a group of them would be in pieces
          refuse(numbers[row], "MissingField", cat(join(query.input_key, ", "), ": the key is null"));
          continue;
        }
        if (query.partition_of && query.partition_of(key) != number) return misplaced(number, key, record);
      }
      if (!duckdb_validity_row_is_valid(valid, row)) {
        refuse(numbers[row], "MissingField", cat(query.time.field, ": the event time is missing"));
        continue;
      }
      const Micros time = times[row];
      if (partition.watermark.ahead(time, record.timestamp_ms)) {
        refuse(numbers[row], "TooFarAhead",
               cat(query.time.field, ": further ahead of Kafka's timestamp than maxAhead allows"));
        continue;
      }
      const Micros before = partition.watermark.value();
      if (partition.rows->late(time, before)) {
        refuse(
            numbers[row], "Late",
            cat(query.time.field,
                query.window.gap > 0 ? ": sessions of its time may be closed already" : ": its window closed already",
                "; maxOutOfOrder bounds how late a record may come"));
        continue;
      }
      partition.rows->add({numbers[row], time, record.offset, before, key});
      partition.watermark.observe(time);
    }
  }
}

Result<void> WindowedEngine::Impl::close(Partition& partition, Micros watermark, Output& output) {
  return partition.rows->close(watermark, [&](const WindowsOut& windows) { return run_query(windows, output); });
}

Result<void> WindowedEngine::Impl::run_query(const WindowsOut& windows, Output& output) {
  if (auto shown = show(windows.rows); !shown) return shown;
  Statement statement;
  if (const auto error = database.prepare(windows.partial ? partials->finish() : query.query.sql, statement)) {
    return Error{"EngineFailed", error->message};
  }
  const auto failed = [&](const std::string& words) {
    return Error{"QueryFailed",
                 cat(query.window.gap > 0 ? "a session between " : "the window from ", time_text(windows.start),
                     query.window.gap > 0 ? " and " : " to ", time_text(windows.end), ": ", words,
                     "; let the query allow for such values, as with TRY_CAST or NULLIF")};
  };
  ResultSet result;
  if (duckdb_execute_prepared(statement.get(), &result) != DuckDBSuccess) {
    const auto error = DatabaseError::from(duckdb_result_error_type(&result), duckdb_result_error(&result));
    if (!error.is_about_data()) return Error{"EngineFailed", error.message};
    return failed(error.message);
  }
  for (;;) {
    Chunk chunk;
    chunk.get() = duckdb_fetch_chunk(result.get());
    if (chunk.get() == nullptr) return {};
    output.counts_.returned += static_cast<std::int64_t>(duckdb_data_chunk_get_size(chunk.get()));
    if (const auto problem = writer.append(chunk.get(), output)) return failed(*problem);
  }
}

Result<WindowedQuery> windowed_query(const Query& query, const Json& request) {
  auto window = window::window_from_json(request.get("window"));
  if (!window) return std::move(window).error();
  auto time = window::event_time_from_json(request.get("eventTime"));
  if (!time) return std::move(time).error();
  return WindowedQuery{query, *window, *std::move(time), request.get("inputKey").strings(), {}};
}

Result<WindowedEngine> WindowedEngine::open(const WindowedQuery& query, const WindowLimits& limits,
                                            std::optional<std::size_t>* position) {
  std::optional<std::size_t> unused;
  std::optional<std::size_t>& at = position == nullptr ? unused : *position;
  auto impl = std::make_unique<Impl>(query, limits);
  if (auto done = impl->set_up(); !done) return std::move(done).error();
  if (auto done = impl->set_up_keys(); !done) return std::move(done).error();
  if (auto done = impl->check(at); !done) return std::move(done).error();
  return WindowedEngine(std::move(impl));
}

WindowedEngine::WindowedEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WindowedEngine::WindowedEngine(WindowedEngine&&) noexcept = default;
WindowedEngine& WindowedEngine::operator=(WindowedEngine&&) noexcept = default;
WindowedEngine::~WindowedEngine() = default;

const codec::Schema& WindowedEngine::columns() const {
  return impl_->writer.columns();
}

void WindowedEngine::assign(int partition, const window::Resume& resume) {
  revoke(partition);
  const window::Progress& progress = resume.progress;
  // From the record at `rewind` on everything is decided again as it was decided then.
  const Micros from = progress.rewind ? progress.watermark_before : progress.watermark;
  const WindowTable table{impl_->database,         partition,           impl_->query.query.topic,
                          impl_->query.time.field, impl_->query.window, impl_->partials ? &*impl_->partials : nullptr,
                          impl_->limits.fold_rows};
  auto rows = table.window.gap > 0 ? session_rows(table, resume) : pane_rows(table, resume);
  impl_->partitions.insert_or_assign(partition, Partition{window::Watermark(impl_->query.time, from), resume.position,
                                                          progress.watermark, std::move(rows)});
}

void WindowedEngine::revoke(int partition) {
  const auto found = impl_->partitions.find(partition);
  if (found == impl_->partitions.end()) return;
  static_cast<void>(found->second.rows->drop());
  impl_->partitions.erase(found);
}

Error WindowedEngine::Impl::too_large() const {
  std::int64_t rows = 0;
  for (const auto& [number, partition] : partitions) rows += partition.rows->rows();
  const auto mib = [](std::int64_t bytes) { return cat(std::to_string(bytes >> 20), " MiB"); };
  return {"WindowsTooLarge",
          cat("WindowsTooLarge: with ", std::to_string(rows), " rows the open windows are more than ",
              mib(limits.memory_bytes), " of memory and ", mib(limits.disk_bytes),
              " of disk take; raise resources.limits.memory of the processor, give the topic more partitions and the "
              "processor more replicas, or make the windows shorter")};
}

Result<void> WindowedEngine::run(int partition, std::span<const TimedRecord> records, Output& output,
                                 std::span<const codec::Metadata> metadata) {
  Result<void> taken = take(partition, records, output, metadata);
  if (!taken && Database::out_of_memory(taken.error())) return impl_->too_large();
  if (taken && held().windows > impl_->limits.windows) return impl_->too_large();
  return taken;
}

Result<void> WindowedEngine::take(int partition, std::span<const TimedRecord> records, Output& output,
                                  std::span<const codec::Metadata> metadata) {
  output.clear();
  if (records.empty()) return {};
  if (!impl_->partitions.contains(partition)) assign(partition, {});
  Partition& mine = impl_->partitions.at(partition);
  // Rebuilt: it is as far as it was, also where that did not come from the records.
  if (records.front().offset >= mine.accounted) mine.watermark.advance(mine.resumed);
  if (auto staged = impl_->stage(records, metadata, output); !staged) return staged;
  std::vector<std::int64_t> refused;
  if (auto done = impl_->sort_out(partition, mine, records, output, refused); !done) return done;
  if (auto done = mine.rows->keep(refused); !done) return done;
  output.counts_.taken -= std::ssize(refused);
  std::sort(output.failures_.begin(), output.failures_.end(),
            [](const Failure& a, const Failure& b) { return a.record < b.record; });
  if (records.back().offset < mine.accounted) output.failures_.clear();
  return impl_->close(mine, mine.watermark.value(), output);
}

Result<void> WindowedEngine::advance(int partition, Micros watermark, Output& output) {
  output.clear();
  if (!impl_->partitions.contains(partition)) assign(partition, {});
  Partition& mine = impl_->partitions.at(partition);
  mine.watermark.advance(std::max(watermark, mine.resumed));
  Result<void> closed = impl_->close(mine, mine.watermark.value(), output);
  if (!closed && Database::out_of_memory(closed.error())) return impl_->too_large();
  return closed;
}

Result<void> WindowedEngine::flush(Output& output) {
  output.clear();
  for (auto& [number, partition] : impl_->partitions) {
    if (auto closed = impl_->close(partition, std::numeric_limits<Micros>::max(), output); !closed) return closed;
  }
  return {};
}

window::Progress WindowedEngine::progress(int partition) const {
  const auto found = impl_->partitions.find(partition);
  if (found == impl_->partitions.end()) return {};
  const Partition& mine = found->second;
  const Micros watermark = mine.watermark.value();
  window::Progress progress{std::nullopt, watermark, watermark, window::earliest_open(impl_->query.window, watermark)};
  mine.rows->rewind_to(progress);
  return progress;
}

window::Held WindowedEngine::held() const {
  window::Held held;
  for (const auto& [number, partition] : impl_->partitions) {
    held.windows += partition.rows->windows();
    held.rows += partition.rows->rows();
    const Micros watermark = partition.watermark.value();
    if (watermark == window::kNever) continue;
    held.watermark = held.watermark == window::kNever ? watermark : std::min(held.watermark, watermark);
  }
  return held;
}

}  // namespace tidegate::engine
