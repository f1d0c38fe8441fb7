#include "worker/engine/database.h"

#include <cstdlib>
#include <utility>

#include "common/base/text.h"
#include "common/json/json.h"

namespace tidegate::engine {
namespace {

Error engine_failed(const std::string& what, const std::string& message) {
  return {"EngineFailed", cat(what, ": ", message)};
}

void destroy_appender(duckdb_appender* appender) {
  duckdb_appender_destroy(appender);
}

}  // namespace

DatabaseError DatabaseError::from(duckdb_error_type type, const char* text) {
  DatabaseError error{type, text == nullptr ? "unknown error" : text, {}};
  const std::size_t brace = error.message.find('{');
  if (brace == std::string::npos) return error;
  const auto json = Json::parse(std::string_view(error.message).substr(brace));
  if (!json || !json->has("exception_message")) return error;
  const std::string& position = json->get("position").as_string();
  if (!position.empty()) error.position = std::strtoull(position.c_str(), nullptr, 10);
  error.message = json->get("exception_message").as_string();
  return error;
}

bool DatabaseError::is_about_data() const {
  switch (type) {
    case DUCKDB_ERROR_OUT_OF_RANGE:
    case DUCKDB_ERROR_CONVERSION:
    case DUCKDB_ERROR_DECIMAL:
    case DUCKDB_ERROR_MISMATCH_TYPE:
    case DUCKDB_ERROR_DIVIDE_BY_ZERO:
    case DUCKDB_ERROR_INVALID_INPUT:
      return true;
    default:
      return false;
  }
}

std::string_view DatabaseError::summary() const {
  switch (type) {
    case DUCKDB_ERROR_OUT_OF_RANGE:
      return "the query: a value is out of range";
    case DUCKDB_ERROR_CONVERSION:
    case DUCKDB_ERROR_MISMATCH_TYPE:
      return "the query: a value cannot be converted";
    case DUCKDB_ERROR_DECIMAL:
      return "the query: a number does not fit its DECIMAL";
    case DUCKDB_ERROR_DIVIDE_BY_ZERO:
      return "the query: division by zero";
    case DUCKDB_ERROR_INVALID_INPUT:
      return "the query: a function refuses its input";
    default:
      return "the query failed";
  }
}

std::optional<std::string_view> text_at(duckdb_data_chunk chunk, std::size_t column, std::size_t row) {
  duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, column);
  if (!duckdb_validity_row_is_valid(duckdb_vector_get_validity(vector), row)) return std::nullopt;
  auto& text = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector))[row];
  return std::string_view(duckdb_string_t_data(&text), duckdb_string_t_length(text));
}

std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

Result<Database> Database::open(const std::string& memory_limit, const Disk& disk, Files files) {
  Handle<duckdb_config, duckdb_destroy_config> config;
  if (duckdb_create_config(&config) != DuckDBSuccess) return engine_failed("configuration", "out of memory");
  const std::pair<const char*, const char*> settings[] = {
      {"threads", "1"},
      {"memory_limit", memory_limit.c_str()},
      {"temp_directory", disk.directory.c_str()},
      {"autoload_known_extensions", "false"},
      {"autoinstall_known_extensions", "false"},
      {"allow_community_extensions", "false"},
      {"preserve_insertion_order", "true"},
      {"errors_as_json", "true"},
  };
  for (const auto& [name, value] : settings) {
    if (duckdb_set_config(config.get(), name, value) != DuckDBSuccess) {
      return engine_failed("configuration", cat("DuckDB refuses ", name, " = ", value));
    }
  }
  Database database;
  char* problem = nullptr;
  if (duckdb_open_ext(nullptr, &database.database_, config.get(), &problem) != DuckDBSuccess) {
    const std::string message = problem == nullptr ? "unknown error" : problem;
    duckdb_free(problem);
    return engine_failed("opening DuckDB", message);
  }
  if (duckdb_connect(database.database_.get(), &database.connection_) != DuckDBSuccess) {
    return engine_failed("opening DuckDB", "no connection");
  }
  std::vector<std::string> late_settings = {cat("max_temp_directory_size = '", std::to_string(disk.bytes), "B'"),
                                            "TimeZone = 'UTC'"};
  // Turned off now and not before: what is in temp_directory stays within reach.
  if (files == Files::forbidden) late_settings.emplace_back("enable_external_access = false");
  for (const std::string& setting : late_settings) {
    if (auto set = database.execute(cat("SET ", setting)); !set) return std::move(set).error();
  }
  return database;
}

// In words, because a commit that fails has no type that tells it.
bool Database::out_of_memory(const Error& error) {
  return error.message.find(" of size ") != std::string::npos && error.message.find(" used)") != std::string::npos;
}

Result<void> Database::execute(const std::string& sql) {
  ResultSet result;
  if (duckdb_query(connection_.get(), sql.c_str(), &result) == DuckDBSuccess) return {};
  return engine_failed(sql,
                       DatabaseError::from(duckdb_result_error_type(&result), duckdb_result_error(&result)).message);
}

Result<std::int64_t> Database::run(Statement& statement) {
  ResultSet result;
  if (duckdb_execute_prepared(statement.get(), &result) == DuckDBSuccess) {
    return static_cast<std::int64_t>(duckdb_rows_changed(&result));
  }
  const auto error = DatabaseError::from(duckdb_result_error_type(&result), duckdb_result_error(&result));
  if (error.is_about_data()) return Error{"QueryFailed", error.message};
  return Error{"EngineFailed", error.message};
}

Result<TextRows> Database::query(const std::string& sql, const std::vector<std::string>& arguments) {
  Statement statement;
  if (auto error = prepare(sql, statement)) return engine_failed(sql, error->message);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    duckdb_bind_varchar_length(statement.get(), i + 1, arguments[i].data(), arguments[i].size());
  }
  ResultSet result;
  if (duckdb_execute_prepared(statement.get(), &result) != DuckDBSuccess) {
    return engine_failed(sql,
                         DatabaseError::from(duckdb_result_error_type(&result), duckdb_result_error(&result)).message);
  }
  TextRows rows;
  const std::size_t columns = duckdb_column_count(&result);
  for (;;) {
    Chunk chunk;
    chunk.get() = duckdb_fetch_chunk(result.get());
    if (chunk.get() == nullptr) return rows;
    for (std::size_t row = 0; row < duckdb_data_chunk_get_size(chunk.get()); ++row) {
      std::vector<std::string>& texts = rows.emplace_back();
      for (std::size_t column = 0; column < columns; ++column) {
        texts.emplace_back(text_at(chunk.get(), column, row).value_or(""));
      }
    }
  }
}

Result<void> Database::append(const std::string& table, std::initializer_list<const char*> columns,
                              std::span<const std::int64_t> values) {
  std::string definition;
  for (const char* column : columns) definition += cat(definition.empty() ? "" : ", ", column, " BIGINT");
  if (auto made = execute(cat("CREATE OR REPLACE TABLE tidegate.", table, " (", definition, ")")); !made) return made;
  Handle<duckdb_appender, destroy_appender> appender;
  bool good = duckdb_appender_create(connection_.get(), "tidegate", table.c_str(), &appender) == DuckDBSuccess;
  for (std::size_t i = 0; good && i < values.size(); ++i) {
    good = duckdb_append_int64(appender.get(), values[i]) == DuckDBSuccess;
    if (good && (i + 1) % columns.size() == 0) good = duckdb_appender_end_row(appender.get()) == DuckDBSuccess;
  }
  if (good && duckdb_appender_close(appender.get()) == DuckDBSuccess) return {};
  const char* const problem = duckdb_appender_error(appender.get());
  return engine_failed(cat("filling ", table), problem == nullptr ? "unknown error" : problem);
}

std::optional<DatabaseError> Database::prepare(const std::string& sql, Statement& statement) {
  if (duckdb_prepare(connection_.get(), sql.c_str(), &statement) == DuckDBSuccess) return std::nullopt;
  return DatabaseError::from(DUCKDB_ERROR_INVALID, duckdb_prepare_error(statement.get()));
}

}  // namespace tidegate::engine
