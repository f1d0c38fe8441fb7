#include "worker/engine/windowed.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <utility>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "worker/codec/calendar.h"
#include "worker/codec/key.h"
#include "worker/engine/database.h"
#include "worker/engine/input.h"
#include "worker/engine/query_check.h"
#include "worker/engine/result_writer.h"
#include "worker/engine/rows_function.h"
#include "worker/engine/syntax_tree.h"
#include "worker/engine/window_rows.h"

namespace tidegate::engine {
namespace {

using window::Micros;

using std::chrono::steady_clock;

// What is wrong with a row should not come out much later than it came in.
constexpr std::chrono::seconds kLongestWait(5);

struct Partition {
  window::Watermark watermark;
  std::int64_t accounted = 0;       // records below this offset only rebuild
  Micros resumed = window::kNever;  // the watermark at it
  std::unique_ptr<WindowRows> rows;
  RowBuffer waiting;
  // Of those that wait:
  std::int64_t waiting_from = 0;
  std::int64_t waiting_to = 0;
  SteadyTime since = {};
};

std::string time_text(Micros time) {
  std::string text(codec::kTimestampBytes, '\0');
  const char* const end = codec::write_timestamp(time, text.data());
  return end == nullptr ? std::to_string(time) : text.substr(0, static_cast<std::size_t>(end - text.data()));
}

constexpr const char* kWaiting = "tidegate_waiting";
constexpr const char* kRemedy = "; let the query allow for such values, as with TRY_CAST or NULLIF";

}  // namespace

std::string Span::columns() const {
  return cat("make_timestamp(", std::to_string(start), ") AS window_start, make_timestamp(", std::to_string(end),
             ") AS window_end");
}

Span span_of(const window::Window& window, std::int64_t first) {
  return {window::start_of(window, first), window::end_of(window, first)};
}

struct WindowedEngine::Impl {
  Impl(const WindowedQuery& wanted, const WindowLimits& allowed)
      : query(wanted), limits(allowed), input(wanted.query.fields), waiting(columns_of(wanted.query.fields)) {}

  // Destroyed in reverse: the database before the input it reads, and statements before the database.
  WindowedQuery query;
  WindowLimits limits;
  Input input;
  RowsFunction waiting;
  Database database;
  ResultWriter writer;
  codec::KeyEncoder keys;
  std::size_t time_field = 0;
  std::optional<Partials> partials;
  std::string records;  // a SELECT of the waiting rows
  // As RowBuffer takes them: of the fields that are needed, and of the rows' numbers.
  std::vector<std::size_t> sizes;
  std::vector<std::size_t> texts;
  std::map<int, Partition> partitions;
  std::vector<std::string_view> values;
  // The running batch, while Input asks judge().
  struct Batch {
    int number = 0;
    Partition* partition = nullptr;
    std::span<const TimedRecord> records;
    Output* output = nullptr;
    std::optional<Error> misplaced;
    std::string key;
  } batch;

  Result<void> set_up();
  Result<void> set_up_input();
  Result<void> check(std::optional<std::size_t>& position);
  Result<void> keep_needed(const Json& tree);
  static std::vector<codec::Field> columns_of(const codec::Schema& fields);
  bool gives_the_same(const Partials& made);
  Result<void> show(const std::string& rows) {
    return database.execute(cat("CREATE OR REPLACE VIEW ", quoted(query.query.topic), " AS ", rows));
  }
  Error too_large() const;
  Result<void> read(int number, Partition& partition, std::span<const TimedRecord> records,
                    std::span<const codec::Metadata> metadata, Output& output);
  bool enough_wait(const Partition& partition) const;
  Result<void> keep(Partition& partition);
  std::optional<std::int64_t> judge(std::size_t record, std::span<const codec::Column> columns, std::size_t row);
  void refuse(std::size_t record, const char* reason, const std::string& words) {
    batch.output->failures_.push_back({record, reason, words, words});
  }
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
  time_field = *time;
  auto opened = Database::open(cat(std::to_string(limits.memory_bytes), "B"), {limits.directory, limits.disk_bytes});
  if (!opened) return std::move(opened).error();
  database = std::move(*opened);
  if (auto done = set_up_input(); !done) return done;
  if (auto done = database.execute("CREATE SCHEMA tidegate"); !done) return done;
  return show(cat("SELECT * EXCLUDE (", kNumber, "), make_timestamp(0) AS window_start, ",
                  "make_timestamp(0) AS window_end FROM ", kWaiting, "()"));
}

std::vector<codec::Field> WindowedEngine::Impl::columns_of(const codec::Schema& fields) {
  std::vector<codec::Field> columns = fields.fields();
  columns.push_back({kNumber, {codec::Type::bigint}});
  return columns;
}

// The keys of records are checked against their partition.
Result<void> WindowedEngine::Impl::set_up_input() {
  std::vector<std::size_t> fields{time_field};
  for (const std::string& name : query.input_key) {
    const auto found = query.query.fields.find(name);
    if (!found) return Error{"InvalidKey", cat("the input topic has no field \"", name, "\"")};
    fields.push_back(*found);
  }
  auto encoder = codec::KeyEncoder::of(query.query.fields, query.input_key);
  if (!encoder) return std::move(encoder).error();
  keys = *std::move(encoder);
  input.judge_by([this](std::size_t record, std::span<const codec::Column> columns,
                        std::size_t row) { return judge(record, columns, row); },
                 fields);
  return waiting.register_with(database.connection(), kWaiting);
}

// What the query is and needs. From here on the topic's view is made for windows.
Result<void> WindowedEngine::Impl::check(std::optional<std::size_t>& position) {
  const WindowedRules rules{query.input_key};
  if (auto done = check_query(database, query.query, &rules, position); !done) return done;
  Statement statement;
  if (auto done = prepare_query(database, query.query.sql, statement, position); !done) return done;
  auto made = ResultWriter::of(statement, query.query.key);
  if (!made) return std::move(made).error();
  writer = *std::move(made);
  const auto text = syntax_tree_text(database, query.query.sql);
  if (!text) return text.error();
  const auto tree = Json::parse(*text);
  if (!tree) return tree.error();
  if (auto done = keep_needed(*tree); !done) return done;
  auto found = query.window.gap > 0 ? std::nullopt : Partials::of(database, query.query, *tree);
  if (found && gives_the_same(*found)) {
    partials = std::move(found);
    // They do not stay for long; looking for the best encoding would take longer than anything else that is done with
    // them.
    if (auto set = database.execute("SET force_compression = 'uncompressed'"); !set) return set;
  }
  return database.lock();
}

// Columns that nothing reads are checked with the rest of the record and then left.
Result<void> WindowedEngine::Impl::keep_needed(const Json& tree) {
  std::vector<std::string> names = fields_in(tree, query.query.fields);
  if (query.window.gap > 0) names.push_back(query.time.field);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  records = cat("SELECT ", kNumber);
  const codec::Schema& fields = query.query.fields;
  sizes.assign(fields.size(), 0);
  for (const std::string& name : names) {
    records += cat(", ", quoted(name));
    const std::size_t field = *fields.find(name);
    const codec::FieldType type = fields[field].type;
    sizes[field] = codec::element_size(type);
    if (codec::is_text(type)) texts.push_back(field);
  }
  sizes.push_back(sizeof(std::int64_t));
  records += cat(" FROM ", kWaiting, "()");
  return database.execute(cat("CREATE VIEW tidegate.", Partials::kRecords, " AS ", records));
}

// Whether the detour over partial results ends with the columns and types of the query.
bool WindowedEngine::Impl::gives_the_same(const Partials& made) {
  if (!database.execute(cat("CREATE TABLE ", Partials::kNone, " AS ", made.fold()))) return false;
  const std::string merged = cat("(", made.merged(Partials::kNone), ")");
  Statement statement;
  if (!show(made.final_rows(merged, Span{0, 0}.columns()))) return false;
  if (database.prepare(made.finish(), statement)) return false;
  const auto other = ResultWriter::of(statement, {});
  return other && other->columns() == writer.columns();
}

Error WindowedEngine::Impl::misplaced(int number, const std::string& key, const TimedRecord& record) const {
  return {"KeyMismatch",
          cat("KeyMismatch: the record at offset ", std::to_string(record.offset), " of partition ",
              std::to_string(number), " has the key ", truncate_utf8(key, 40), ", which belongs to partition ",
              std::to_string(query.partition_of(key)),
              "; produce with the partitioner murmur2 over the fields that topic ", query.query.topic, " is keyed by")};
}

// Decides what a record's key and time make of it.
std::optional<std::int64_t> WindowedEngine::Impl::judge(std::size_t number, std::span<const codec::Column> columns,
                                                        std::size_t row) {
  if (batch.misplaced) return std::nullopt;
  const TimedRecord& record = batch.records[number];
  Partition& partition = *batch.partition;
  if (!keys.empty()) {
    batch.key.clear();
    if (!keys.append(columns, row, batch.key)) {  // such records lie anywhere: a group of them would be in pieces
      refuse(number, "MissingField", cat(join(query.input_key, ", "), ": the key is null"));
      return std::nullopt;
    }
    if (query.partition_of && query.partition_of(batch.key) != batch.number) {
      batch.misplaced = misplaced(batch.number, batch.key, record);
      return std::nullopt;
    }
  }
  if (!columns[time_field].valid(row)) {
    refuse(number, "MissingField", cat(query.time.field, ": the event time is missing"));
    return std::nullopt;
  }
  const Micros time = columns[time_field].at<std::int64_t>(row);
  if (partition.watermark.ahead(time, record.timestamp_ms)) {
    refuse(number, "TooFarAhead", cat(query.time.field, ": further ahead of Kafka's timestamp than maxAhead allows"));
    return std::nullopt;
  }
  const Micros before = partition.watermark.value();
  if (partition.rows->late(time, before)) {
    refuse(number, "Late",
           cat(query.time.field,
               query.window.gap > 0 ? ": sessions of its time may be closed already" : ": its window closed already",
               "; maxOutOfOrder bounds how late a record may come"));
    return std::nullopt;
  }
  partition.watermark.observe(time);
  return partition.rows->add({time, record.offset, before, batch.key});
}

// The records of a batch that are rows wait from here on.
Result<void> WindowedEngine::Impl::read(int number, Partition& partition, std::span<const TimedRecord> arrived,
                                        std::span<const codec::Metadata> metadata, Output& output) {
  values.clear();
  for (const TimedRecord& record : arrived) values.push_back(record.value);
  batch.number = number;
  batch.partition = &partition;
  batch.records = arrived;
  batch.output = &output;
  batch.misplaced.reset();
  if (partition.waiting.rows() == 0) {
    partition.waiting_from = arrived.front().offset;
    partition.since = steady_clock::now();
  }
  input.set(values, metadata, 0, values.size(), output.failures_);
  const Input::Taken& taken = input.read_into(partition.waiting);
  if (batch.misplaced) return *std::move(batch.misplaced);
  output.counts_.taken = taken.rows;
  output.nulls_ = taken.nulls;
  partition.waiting_to = arrived.back().offset;
  return {};
}

bool WindowedEngine::Impl::enough_wait(const Partition& partition) const {
  const RowBuffer& rows = partition.waiting;
  return rows.rows() >= std::max(limits.waiting_rows, partition.rows->worth_waiting_for()) ||
         rows.bytes() > limits.waiting_bytes / std::ssize(partitions) ||
         steady_clock::now() - partition.since > kLongestWait;
}

// Nothing waits from here on.
Result<void> WindowedEngine::Impl::keep(Partition& partition) {
  if (partition.waiting.rows() == 0) return {};
  waiting.read(partition.waiting.blocks());
  Result<void> kept = partition.rows->keep();
  waiting.read({});
  partition.waiting.clear();
  if (!kept && kept.error().reason == "QueryFailed") {
    return Error{"QueryFailed", cat("a window of the records from offset ", std::to_string(partition.waiting_from),
                                    " to ", std::to_string(partition.waiting_to), ": ", kept.error().message, kRemedy)};
  }
  return kept;
}

Result<void> WindowedEngine::Impl::close(Partition& partition, Micros watermark, Output& output) {
  if (enough_wait(partition) || partition.rows->due(watermark)) {
    if (auto kept = keep(partition); !kept) return kept;
  }
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
                     query.window.gap > 0 ? " and " : " to ", time_text(windows.end), ": ", words, kRemedy)};
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
  const std::optional<Partials>& partials = impl_->partials;
  const WindowTable table{impl_->database,         partition,           impl_->query.time.field,
                          impl_->records,          impl_->query.window, partials ? &*partials : nullptr,
                          impl_->limits.merge_rows};
  auto rows = table.window.gap > 0 ? session_rows(table, resume)
              : partials           ? partial_rows(table, resume)
                                   : pane_rows(table, resume);
  impl_->partitions.insert_or_assign(
      partition, Partition{window::Watermark(impl_->query.time, from), resume.position, progress.watermark,
                           std::move(rows), RowBuffer(impl_->sizes, impl_->texts)});
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
  if (auto done = impl_->read(partition, mine, records, metadata, output); !done) return done;
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
