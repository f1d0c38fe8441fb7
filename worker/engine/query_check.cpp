#include "worker/engine/query_check.h"

#include "common/base/text.h"
#include "worker/engine/syntax_tree.h"

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
  JoinPlan unused;
  return check_query(database, query, windowed, position, unused);
}

Result<void> check_query(Database& database, const Query& query, const WindowedRules* windowed,
                         std::optional<std::size_t>& position, JoinPlan& plan) {
  if (query.sql.find('\0') != std::string::npos) return Error{"InvalidQuery", "the query holds a NUL character"};
  auto tree_text = syntax_tree_text(database, query.sql);
  if (!tree_text) return std::move(tree_text).error();
  auto tree = Json::parse(*tree_text);
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
  const auto refusal =
      find_refusal(*tree, query.sql, query.topic, query.fields, kind_of, windowed, query.tables, &plan.joins);
  if (!refusal) {
    if (plan.joins.empty()) return {};
    const auto joined = side_by_side(*tree_text, *tree);
    if (!joined) return joined.error();
    auto sql = sql_of(database, *joined);
    if (!sql) {
      return Error{"NotAllowed",
                   "an expression of this query cannot be used together with a join; write 1e-3 as 0.001, or split the "
                   "query in two processors"};
    }
    plan.sql = *std::move(sql);
    return {};
  }
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
