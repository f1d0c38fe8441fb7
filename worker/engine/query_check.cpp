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

namespace {

// Without the places of things in the text.
Json unplaced(Json node) {
  if (node.is_array()) {
    Json out = Json::Array{};
    for (const Json& item : node.items()) out.push_back(unplaced(item));
    return out;
  }
  if (!node.is_object()) return node;
  Json out = Json::Object{};
  for (const auto& [name, value] : node.members()) {
    if (name != "query_location") out[name] = unplaced(value);
  }
  return out;
}

constexpr const char* kSerialize = "SELECT CAST(json_serialize_sql(CAST(? AS VARCHAR)) AS VARCHAR)";

// The query of a syntax tree as text. Read again it must give the same tree.
Result<std::string> text_of(Database& database, const std::string& tree) {
  auto text = database.query("SELECT json_deserialize_sql(CAST(CAST(? AS VARCHAR) AS JSON))", {tree});
  if (!text) return std::move(text).error();
  auto again = database.query(kSerialize, {(*text)[0][0]});
  if (!again) return std::move(again).error();
  const auto wanted = Json::parse(tree);
  const auto got = Json::parse((*again)[0][0]);
  if (wanted && got && unplaced(*wanted) == unplaced(*got)) return std::move((*text)[0][0]);
  return Error{"NotAllowed",
               "an expression of this query cannot be used together with a join; write 1e-3 as 0.001, or split the "
               "query in two processors"};
}

}  // namespace

Result<void> check_query(Database& database, const Query& query, const WindowedRules* windowed,
                         std::optional<std::size_t>& position) {
  JoinPlan unused;
  return check_query(database, query, windowed, position, unused);
}

Result<void> check_query(Database& database, const Query& query, const WindowedRules* windowed,
                         std::optional<std::size_t>& position, JoinPlan& plan) {
  if (query.sql.find('\0') != std::string::npos) return Error{"InvalidQuery", "the query holds a NUL character"};
  auto tree_text = database.query(kSerialize, {query.sql});
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
  const auto refusal =
      find_refusal(*tree, query.sql, query.topic, query.fields, kind_of, windowed, query.tables, &plan.joins);
  if (!refusal) {
    if (plan.joins.empty()) return {};
    const auto joined = side_by_side((*tree_text)[0][0], *tree);
    if (!joined) return joined.error();
    auto sql = text_of(database, *joined);
    if (!sql) return std::move(sql).error();
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
