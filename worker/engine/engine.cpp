#include "worker/engine/engine.h"

#include <algorithm>

#include "common/base/text.h"
#include "worker/engine/database.h"
#include "worker/engine/input.h"
#include "worker/engine/joined_input.h"
#include "worker/engine/query_check.h"
#include "worker/engine/result_writer.h"
#include "worker/engine/table.h"

namespace tidegate::engine {

Output::Row Output::operator[](std::size_t index) const {
  const Ends from = index == 0 ? Ends{0, 0, false} : rows_[index - 1];
  const Ends& to = rows_[index];
  Row row{values_.view(from.value, to.value), std::nullopt};
  if (to.has_key) row.key = std::string_view(keys_).substr(from.key, to.key - from.key);
  return row;
}

void Output::clear() {
  roll_back({0, 0});
  times_.clear();
  counts_ = {};
  std::fill(nulls_.begin(), nulls_.end(), 0);
}

void Output::roll_back(const Mark& mark) {
  rows_.resize(mark.rows);
  failures_.resize(mark.failures);
  values_.resize(rows_.empty() ? 0 : rows_.back().value);
  keys_.resize(rows_.empty() ? 0 : rows_.back().key);
}

struct Engine::Impl {
  explicit Impl(codec::Schema fields) : input(std::move(fields)) {}

  // Destroyed in reverse: the statement before the database, the input it reads last.
  Input input;
  std::unique_ptr<JoinedInput> joined;  // of a query with joins, instead
  Database database;
  Statement statement;
  ResultWriter writer;
  std::span<const codec::Metadata> metadata;  // of the batch at hand

  // Which of the three an execution was.
  struct Attempt {
    enum { done, data_at_fault, engine_at_fault } outcome = done;
    std::string message;
    std::string summary;
  };

  Result<void> set_up(const Query& query, const Options& options);
  Result<void> set_up_joins(const Query& query, const JoinPlan& plan, const Options& options);
  Attempt attempt(std::span<const std::string_view> records, std::size_t first, std::size_t last, Output& output);
  Result<void> run(std::span<const std::string_view> records, std::size_t first, std::size_t last, Output& output);
};

Result<void> Engine::Impl::set_up(const Query& query, const Options& options) {
  if (query.fields.size() == 0) return Error{"InvalidSchema", cat("topic \"", query.topic, "\" declares no fields")};
  if (!options.time_field.empty()) {
    const auto field = query.fields.find(options.time_field);
    if (!field || query.fields[*field].type.type != codec::Type::timestamp) {
      return Error{"InvalidSchema",
                   cat("eventTime.field \"", options.time_field, "\" is no TIMESTAMP field of the topic")};
    }
    input.watch(*field);
  }
  auto opened = Database::open(options.memory_limit);
  if (!opened) return std::move(opened).error();
  database = std::move(*opened);
  if (auto registered = input.register_with(database.connection()); !registered) return registered;
  const std::string view = cat("CREATE VIEW ", quoted(query.topic), " AS SELECT * FROM ", Input::kFunction, "()");
  if (auto created = database.execute(view); !created) return created;
  for (const Table* table : query.tables) {
    std::vector<std::string> columns;
    for (const codec::Field& field : table->fields().fields()) {
      columns.push_back(cat(quoted(field.name), " ", field.type.name()));
    }
    // Nothing is in it: the query is checked against it, and carried out by what looks rows up.
    const std::string create = cat("CREATE TABLE ", quoted(table->name()), " (", join(columns, ", "), ")");
    if (auto created = database.execute(create); !created) return created;
  }
  return database.lock();
}

// The statement that was prepared is not the one to run then, but it has said what the columns are.
Result<void> Engine::Impl::set_up_joins(const Query& query, const JoinPlan& plan, const Options& options) {
  if (plan.joins.empty()) return {};
  joined = std::make_unique<JoinedInput>(query.fields, plan.joins, query.tables);
  if (const auto field = query.fields.find(options.time_field)) joined->watch(*field);
  if (auto done = joined->register_with(database); !done) return done;
  statement = Statement();
  if (auto error = database.prepare(plan.sql, statement)) return Error{"EngineFailed", error->message};
  return {};
}

Engine::Impl::Attempt Engine::Impl::attempt(std::span<const std::string_view> records, std::size_t first,
                                            std::size_t last, Output& output) {
  const Output::Mark mark = output.mark();
  if (joined) {
    joined->set(records, metadata, first, last, output.failures_, &output.times_);
  } else {
    input.set(records, metadata, first, last, output.failures_, &output.times_);
  }
  ResultSet result;
  if (duckdb_execute_prepared(statement.get(), &result) != DuckDBSuccess) {
    output.roll_back(mark);
    const auto error = DatabaseError::from(duckdb_result_error_type(&result), duckdb_result_error(&result));
    return {error.is_about_data() ? Attempt::data_at_fault : Attempt::engine_at_fault, error.message,
            std::string(error.summary())};
  }
  std::int64_t returned = 0;
  for (;;) {
    Chunk chunk;
    chunk.get() = duckdb_fetch_chunk(result.get());
    if (chunk.get() == nullptr) break;
    returned += static_cast<std::int64_t>(duckdb_data_chunk_get_size(chunk.get()));
    if (auto problem = writer.append(chunk.get(), output)) {
      output.roll_back(mark);
      return {Attempt::data_at_fault, *problem, *problem};
    }
  }
  // Only now: what an attempt in vain took counts in none of the accounts.
  const Input::Taken& taken = joined ? joined->finish() : input.finish();
  output.counts_.taken += taken.rows;
  output.counts_.returned += returned;
  output.nulls_.resize(taken.nulls.size());
  for (std::size_t f = 0; f < taken.nulls.size(); ++f) output.nulls_[f] += taken.nulls[f];
  return {};
}

Result<void> Engine::Impl::run(std::span<const std::string_view> records, std::size_t first, std::size_t last,
                               Output& output) {
  const Attempt tried = attempt(records, first, last, output);
  if (tried.outcome == Attempt::done) return {};
  if (tried.outcome == Attempt::engine_at_fault) return Error{"EngineFailed", tried.message};
  if (last - first == 1) {
    output.failures_.push_back({first, "QueryFailed", tried.message, tried.summary});
    return {};
  }
  const std::size_t middle = first + (last - first) / 2;
  if (auto left = run(records, first, middle, output); !left) return left;
  return run(records, middle, last, output);
}

Result<Engine> Engine::open(const Query& query, const Options& options, std::optional<std::size_t>* position) {
  std::optional<std::size_t> unused;
  std::optional<std::size_t>& at = position == nullptr ? unused : *position;
  auto impl = std::make_unique<Impl>(query.fields);
  if (auto done = impl->set_up(query, options); !done) return std::move(done).error();
  JoinPlan plan;
  if (auto done = check_query(impl->database, query, nullptr, at, plan); !done) return std::move(done).error();
  if (auto done = prepare_query(impl->database, query.sql, impl->statement, at); !done) {
    return std::move(done).error();
  }
  auto writer = ResultWriter::of(impl->statement, query.key);
  if (!writer) return std::move(writer).error();
  impl->writer = *std::move(writer);
  if (auto done = impl->set_up_joins(query, plan, options); !done) return std::move(done).error();
  return Engine(std::move(impl));
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

const codec::Schema& Engine::columns() const {
  return impl_->writer.columns();
}

Result<void> Engine::run(std::span<const std::string_view> records, Output& output,
                         std::span<const codec::Metadata> metadata) {
  output.clear();
  if (records.empty()) return {};
  impl_->metadata = metadata;
  return impl_->run(records, 0, records.size(), output);
}

}  // namespace tidegate::engine
