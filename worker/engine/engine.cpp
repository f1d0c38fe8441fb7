#include "worker/engine/engine.h"

#include <algorithm>
#include <set>

#include "common/base/text.h"
#include "worker/codec/key.h"
#include "worker/engine/database.h"
#include "worker/engine/input.h"
#include "worker/engine/result_columns.h"
#include "worker/engine/row_wise.h"
#include "worker/engine/types.h"

namespace tidegate::engine {
namespace {

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

// Why the writer refused a value of this type.
std::string unwritable(const codec::Field& field) {
  switch (field.type.type) {
    case codec::Type::float64:
      return cat("column \"", field.name, "\" is NaN or infinite, which JSON cannot say");
    case codec::Type::decimal:
      return cat("column \"", field.name, "\" has more than 38 digits");
    default:
      return cat("column \"", field.name, "\" is outside the years 0001 to 9999");
  }
}

}  // namespace

Output::Row Output::operator[](std::size_t index) const {
  const Ends from = index == 0 ? Ends{0, 0, false} : rows_[index - 1];
  const Ends& to = rows_[index];
  Row row{values_.view(from.value, to.value), std::nullopt};
  if (to.has_key) row.key = std::string_view(keys_).substr(from.key, to.key - from.key);
  return row;
}

void Output::clear() {
  roll_back({0, 0});
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
  Database database;
  Statement statement;
  codec::Schema columns;
  codec::RowWriter writer{codec::Schema()};
  codec::KeyEncoder keys;
  ResultColumns result_columns;

  // Which of the three an execution was.
  struct Attempt {
    enum { done, data_at_fault, engine_at_fault } outcome = done;
    std::string message;
    std::string summary;
  };

  Result<void> set_up(const Query& query, const Options& options);
  Result<void> check(const Query& query, std::optional<std::size_t>& position);
  Result<void> prepare(const std::string& sql, std::optional<std::size_t>& position);
  Result<void> describe_columns();
  Attempt attempt(std::span<const std::string_view> records, std::size_t first, std::size_t last, Output& output);
  std::optional<std::string> append_rows(duckdb_data_chunk chunk, Output& output);
  Result<void> run(std::span<const std::string_view> records, std::size_t first, std::size_t last, Output& output);
};

Result<void> Engine::Impl::set_up(const Query& query, const Options& options) {
  if (query.fields.size() == 0) return Error{"InvalidSchema", cat("topic \"", query.topic, "\" declares no fields")};
  auto opened = Database::open(options.memory_limit);
  if (!opened) return std::move(opened).error();
  database = std::move(*opened);
  if (auto registered = input.register_with(database.connection()); !registered) return registered;
  const std::string view = cat("CREATE VIEW ", quoted(query.topic), " AS SELECT * FROM ", Input::kFunction, "()");
  if (auto created = database.execute(view); !created) return created;
  return database.lock();
}

Result<void> Engine::Impl::check(const Query& query, std::optional<std::size_t>& position) {
  if (query.sql.find('\0') != std::string::npos) return Error{"InvalidQuery", "the query holds a NUL character"};
  auto tree_text = database.query("SELECT CAST(json_serialize_sql(CAST(? AS VARCHAR)) AS VARCHAR)", {query.sql});
  if (!tree_text) return std::move(tree_text).error();
  auto tree = Json::parse((*tree_text)[0][0]);
  if (!tree) {
    return Error{"NotAllowed", "the query nests expressions too deeply; at most about 25 levels are allowed"};
  }
  if (tree->get("error").as_bool()) {
    const std::string& at = tree->get("position").as_string();
    if (!at.empty()) position = std::stoul(at);
    if (tree->get("error_type").as_string() == "not implemented") return Error{"NotAllowed", "only SELECT is allowed"};
    return Error{"InvalidQuery", tree->get("error_message").as_string()};
  }
  const FunctionKind kind_of = [&](std::string_view name) -> std::string {
    const auto rows = database.query(
        "SELECT CASE WHEN bool_or(function_type = 'aggregate') THEN 'aggregate' "
        "WHEN bool_or(stability <> 'CONSISTENT') THEN 'volatile' ELSE 'other' END "
        "FROM duckdb_functions() WHERE lower(function_name) = ? HAVING count(*) > 0",
        {std::string(name)});
    return rows && !rows->empty() ? (*rows)[0][0] : "";
  };
  const auto refusal = find_refusal(*tree, query.sql, query.topic, query.fields, kind_of);
  if (!refusal) return {};
  if (refusal->unknown_name) {
    if (auto prepared = prepare(query.sql, position); !prepared) return prepared;
  }
  position = refusal->position;
  return refusal->error;
}

Result<void> Engine::Impl::prepare(const std::string& sql, std::optional<std::size_t>& position) {
  const auto error = database.prepare(sql, statement);
  if (!error) return {};
  position = error->position;
  return Error{"InvalidQuery", error->message};
}

Result<void> Engine::Impl::describe_columns() {
  std::vector<codec::Field> fields;
  std::vector<duckdb_type> types;
  std::set<std::string> names;
  for (std::size_t c = 0; c < duckdb_prepared_statement_column_count(statement.get()); ++c) {
    const char* const text = duckdb_prepared_statement_column_name(statement.get(), c);
    const std::string name = text == nullptr ? "" : text;
    duckdb_free(const_cast<char*>(text));
    LogicalType logical;
    logical.get() = duckdb_prepared_statement_column_logical_type(statement.get(), c);
    auto type = from_duckdb(logical.get(), name);
    if (!type) return std::move(type).error();
    if (!names.insert(lower(name)).second) {
      return Error{"InvalidQuery", cat("two output columns are named \"", name, "\"; rename one with AS")};
    }
    fields.push_back({name, *type, false});
    types.push_back(duckdb_get_type_id(logical.get()));
  }
  auto schema = codec::Schema::of(std::move(fields));
  if (!schema) return Error{"InvalidQuery", schema.error().message};
  columns = *schema;
  writer = codec::RowWriter(columns);
  result_columns = ResultColumns(types);
  return {};
}

std::optional<std::string> Engine::Impl::append_rows(duckdb_data_chunk chunk, Output& output) {
  const std::span<const codec::Column> values = result_columns.read(chunk);
  const std::size_t rows = duckdb_data_chunk_get_size(chunk);
  for (std::size_t row = 0; row < rows; ++row) {
    if (const auto refused = writer.append(values, row, output.values_)) return unwritable(columns[*refused]);
    const bool has_key = keys.append(values, row, output.keys_);
    output.rows_.push_back({output.values_.size(), output.keys_.size(), has_key});
  }
  return std::nullopt;
}

Engine::Impl::Attempt Engine::Impl::attempt(std::span<const std::string_view> records, std::size_t first,
                                            std::size_t last, Output& output) {
  const Output::Mark mark = output.mark();
  input.set(records, first, last, output.failures_);
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
    if (auto problem = append_rows(chunk.get(), output)) {
      output.roll_back(mark);
      return {Attempt::data_at_fault, *problem, *problem};
    }
  }
  // Only now: what an attempt in vain took counts in none of the accounts.
  const Input::Taken& taken = input.finish();
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
  if (auto done = impl->check(query, at); !done) return std::move(done).error();
  if (auto done = impl->prepare(query.sql, at); !done) return std::move(done).error();
  if (auto done = impl->describe_columns(); !done) return std::move(done).error();
  auto keys = codec::KeyEncoder::of(impl->columns, query.key);
  if (!keys) return std::move(keys).error();
  impl->keys = std::move(*keys);
  return Engine(std::move(impl));
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

const codec::Schema& Engine::columns() const {
  return impl_->columns;
}

Result<void> Engine::run(std::span<const std::string_view> records, Output& output) {
  output.clear();
  if (records.empty()) return {};
  return impl_->run(records, 0, records.size(), output);
}

}  // namespace tidegate::engine
