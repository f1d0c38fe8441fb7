#include "worker/engine/query_check.h"

#include "common/base/text.h"

namespace tidegate::engine {

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

Result<void> check_query(Database& database, const Query& query, const WindowedRules* windowed,
                         std::optional<std::size_t>& position) {
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
  const auto refusal = find_refusal(*tree, query.sql, query.topic, query.fields, kind_of, windowed);
  if (!refusal) return {};
  if (refusal->unknown_name) {
    Statement statement;
    if (auto prepared = prepare_query(database, query.sql, statement, position); !prepared) return prepared;
  }
  position = refusal->position;
  return refusal->error;
}

Result<void> prepare_query(Database& database, const std::string& sql, Statement& statement,
                           std::optional<std::size_t>& position) {
  const auto error = database.prepare(sql, statement);
  if (!error) return {};
  position = error->position;
  return Error{"InvalidQuery", error->message};
}

}  // namespace tidegate::engine
