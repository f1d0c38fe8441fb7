#include "worker/engine/row_wise.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <set>
#include <vector>

#include "common/base/text.h"
#include "worker/engine/functions.h"
#include "worker/engine/joins.h"

namespace tidegate::engine {
namespace {

constexpr const char* kNotRowWise = "NotRowWise";
constexpr const char* kNotAllowed = "NotAllowed";
constexpr const char* kNotWindowed = "NotWindowed";

// Aggregates whose result does not depend on the order of the rows (but for the last bits of a sum of DOUBLEs).
const std::set<std::string, std::less<>> kAggregates = {"approx_count_distinct",
                                                        "avg",
                                                        "bool_and",
                                                        "bool_or",
                                                        "count",
                                                        "count_if",
                                                        "count_star",
                                                        "max",
                                                        "mean",
                                                        "median",
                                                        "min",
                                                        "quantile_cont",
                                                        "quantile_disc",
                                                        "stddev",
                                                        "stddev_pop",
                                                        "stddev_samp",
                                                        "sum",
                                                        "var_pop",
                                                        "var_samp",
                                                        "variance"};

// Written without parentheses these are functions of the session unless a field of that name is declared.
const std::set<std::string, std::less<>> kValueFunctions = {
    "current_catalog", "current_date", "current_role",   "current_schema", "current_time", "current_timestamp",
    "current_user",    "localtime",    "localtimestamp", "session_user",   "user"};

const std::set<std::string, std::less<>> kOperators = {"COMPARE_IN",       "COMPARE_NOT_IN",       "OPERATOR_NOT",
                                                       "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "OPERATOR_COALESCE",
                                                       "OPERATOR_NULLIF",  "ARRAY_EXTRACT",        "ARRAY_SLICE"};

// Types that a value may be cast to; none of them runs code or looks anything up.
const std::set<std::string, std::less<>> kCastTypes = {
    "BOOLEAN", "TINYINT",   "SMALLINT",     "INTEGER",      "BIGINT",
    "HUGEINT", "UTINYINT",  "USMALLINT",    "UINTEGER",     "UBIGINT",
    "FLOAT",   "DOUBLE",    "DECIMAL",      "VARCHAR",      "DATE",
    "TIME",    "TIMESTAMP", "TIMESTAMP_S",  "INTERVAL",     "BLOB",
    "UUID",    "UHUGEINT",  "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"};

// The members of each known expression class beside class, type, alias and query_location.
const std::map<std::string, std::set<std::string, std::less<>>, std::less<>> kMembers = {
    {"COLUMN_REF", {"column_names"}},
    {"CONSTANT", {"value"}},
    {"COMPARISON", {"left", "right"}},
    {"CONJUNCTION", {"children"}},
    {"OPERATOR", {"children"}},
    {"FUNCTION",
     {"function_name", "schema", "catalog", "children", "filter", "order_bys", "distinct", "is_operator",
      "export_state"}},
    {"CASE", {"case_checks", "else_expr"}},
    {"CAST", {"child", "cast_type", "try_cast"}},
    {"BETWEEN", {"input", "lower", "upper"}},
    {"STAR",
     {"relation_name", "exclude_list", "replace_list", "columns", "expr", "qualified_exclude_list", "rename_list"}},
};

// null, false, "", [] and {}: a member the parser always writes but the query did not use.
bool is_unused(const Json& value) {
  if (value.is_array()) return value.items().empty();
  if (value.is_object()) return value.members().empty();
  if (value.is_string()) return value.as_string().empty();
  return value.is_null() || (value.is_bool() && !value.as_bool());
}

std::optional<std::size_t> location(const Json& node) {
  const std::int64_t at = node.get("query_location").as_int(-1);  // unknown is the largest uint64
  return at < 0 ? std::nullopt : std::optional(static_cast<std::size_t>(at));
}

using Verdict = std::optional<Refusal>;

class Checker {
 public:
  Checker(std::string_view sql, std::string_view topic, const codec::Schema& fields, const FunctionKind& kind_of,
          const WindowedRules* windowed, std::span<const Table* const> tables)
      : sql_(sql), topic_(lower(topic)), fields_(fields), kind_of_(kind_of), windowed_(windowed), tables_(tables) {
    for (const codec::Field& field : fields.fields()) columns_.insert(lower(field.name));
    if (windowed != nullptr) columns_.insert({"window_start", "window_end"});
  }

  const std::vector<Join>& joins() const { return relations_.joins; }

  Verdict statements(const Json& list) {
    if (list.items().empty()) return refuse(kNotAllowed, "an empty query", {}, "write one SELECT");
    if (list.items().size() > 1) {
      return refuse(kNotAllowed, "a second statement", second_statement(list.items()[1].get("node")),
                    "write one SELECT");
    }
    const Json& statement = list.items()[0];
    if (!is_unused(statement.get("named_param_map")))
      return refuse(kNotAllowed, "a parameter", {}, "write the value itself");
    return select(statement.get("node"));
  }

 private:
  Verdict refuse(const char* reason, const std::string& what, std::optional<std::size_t> at,
                 const std::string& remedy = "") {
    std::string message = cat(what, " is not allowed");
    if (reason == kNotRowWise) {
      if (windowed_ != nullptr) return refuse(kNotWindowed, what, at, remedy);
      message = cat(what, " is not row-wise: each record must give its rows on its own");
    }
    if (reason == kNotWindowed) message = cat(what, " is not allowed in a query over a window");
    if (at && *at < sql_.size()) {
      constexpr std::size_t kFragment = 40;
      const std::string_view rest = sql_.substr(*at);
      message += cat(" (position ", std::to_string(*at), ": ", truncate_utf8(rest, kFragment),
                     rest.size() > kFragment ? "…)" : ")");
    }
    if (!remedy.empty()) message += cat("; ", remedy);
    return Refusal{{reason, message}, at};
  }

  static std::optional<std::size_t> second_statement(const Json& node) {
    const Json& list = node.get("select_list");
    return list.items().empty() ? std::nullopt : location(list.items()[0]);
  }

  Verdict select(const Json& node) {
    const std::string& type = node.get("type").as_string();
    if (type == "SET_OPERATION_NODE") return refuse(kNotRowWise, "a set operation (UNION, INTERSECT, EXCEPT)", {});
    if (type != "SELECT_NODE") return refuse(kNotAllowed, cat("a query node ", type), {});
    if (!is_unused(node.at("cte_map/map"))) return refuse(kNotAllowed, "WITH", {}, "write one SELECT without it");
    if (auto refusal = modifiers(node.get("modifiers"))) return refusal;
    if (auto refusal = clauses(node)) return refusal;
    if (auto refusal = from(node.get("from_table"))) return refusal;
    for (const Json& item : node.get("select_list").items()) {
      const std::string& alias = item.get("alias").as_string();
      if (!alias.empty() && kValueFunctions.count(lower(alias)) == 0) columns_.insert(lower(alias));
    }
    for (const Json& item : node.get("select_list").items()) {
      if (auto refusal = select_item(item)) return refusal;
    }
    if (windowed_ != nullptr) {
      if (auto refusal = optional(node.get("having"))) return refusal;
      if (auto refusal = groups(node)) return refusal;
    }
    aggregates_allowed_ = false;
    return optional(node.get("where_clause"));
  }

  Verdict modifiers(const Json& list) {
    for (const Json& modifier : list.items()) {
      const std::string& type = modifier.get("type").as_string();
      if (type == "DISTINCT_MODIFIER") return refuse(kNotRowWise, "DISTINCT", {});
      if (type == "ORDER_MODIFIER")
        return refuse(kNotRowWise, "ORDER BY", location(modifier.at("orders/0/expression")));
      if (type == "LIMIT_MODIFIER" || type == "LIMIT_PERCENT_MODIFIER") {
        const auto at = location(modifier.get(modifier.has("limit") ? "limit" : "offset"));
        return refuse(kNotRowWise, modifier.has("limit") ? "LIMIT" : "OFFSET", at);
      }
      return refuse(kNotAllowed, cat("a modifier ", type), {});
    }
    return {};
  }

  Verdict clauses(const Json& node) {
    static const std::set<std::string, std::less<>> handled = {"type",        "modifiers",  "cte_map",
                                                               "select_list", "from_table", "where_clause"};
    if (windowed_ != nullptr) return window_clauses(node);
    const Json& groups = node.get("group_expressions");
    if (!is_unused(groups) || !is_unused(node.get("group_sets")) ||
        node.get("aggregate_handling").as_string() != "STANDARD_HANDLING") {
      return refuse(kNotRowWise, "GROUP BY", location(groups.at("0")));
    }
    if (node.has("having")) return refuse(kNotRowWise, "HAVING", location(node.get("having")));
    return other_clauses(node, handled);
  }

  Verdict other_clauses(const Json& node, const std::set<std::string, std::less<>>& handled) {
    if (node.has("qualify")) return refuse(kNotRowWise, "QUALIFY", location(node.get("qualify")));
    if (node.has("sample")) return refuse(kNotRowWise, "SAMPLE", {});
    for (const auto& [name, value] : node.members()) {
      if (handled.count(name) == 0 && name != "aggregate_handling" && !is_unused(value))
        return refuse(kNotAllowed, cat("a clause ", name), {});
    }
    return {};
  }

  Verdict window_clauses(const Json& node) {
    static const std::set<std::string, std::less<>> handled = {
        "type",         "modifiers",  "cte_map", "select_list",       "from_table",
        "where_clause", "group_sets", "having",  "group_expressions", "aggregate_handling"};
    if (node.get("aggregate_handling").as_string() != "STANDARD_HANDLING") {
      return refuse(kNotWindowed, "GROUP BY ALL", {}, "name the columns");
    }
    if (node.get("group_sets").items().size() > 1) {
      return refuse(kNotWindowed, "GROUPING SETS, ROLLUP or CUBE", {}, "their subtotals lie in several partitions");
    }
    return other_clauses(node, handled);
  }

  // Once the columns are known.
  Verdict groups(const Json& node) {
    std::set<std::string, std::less<>> grouped;
    const Json& list = node.get("group_expressions");
    for (const Json& group : list.items()) {
      aggregates_allowed_ = false;
      if (auto refusal = expression(group)) return refusal;
      const std::vector<std::string> names = group.get("column_names").strings();
      if (group.get("class").as_string() == "COLUMN_REF" && !names.empty()) grouped.insert(lower(names.back()));
    }
    if (list.items().empty() && !aggregate_) return {};
    for (const std::string& key : windowed_->keys) {
      if (grouped.count(lower(key)) != 0) continue;
      return refuse(
          kNotWindowed, cat("a group without \"", key, "\", a field that the input topic is keyed by,"),
          location(list.at("0")),
          "add it to GROUP BY, or name the fields that all groups hold as the processor's key (none: window.global): "
          "the records of a group would lie in several partitions");
    }
    return {};
  }

  Verdict from(const Json& table) {
    const std::string& type = table.get("type").as_string();
    const auto at = location(table);
    const std::string remedy = cat("select from \"", topic_, "\"");
    if (type == "EMPTY") return refuse(kNotAllowed, "a query without FROM", {}, remedy);
    if (type == "JOIN") return joined(table);
    if (type == "SUBQUERY") return refuse(kNotRowWise, "a subquery in FROM", at, remedy);
    if (type == "TABLE_FUNCTION") {
      return refuse(kNotAllowed, cat("the table function ", table.at("function/function_name").as_string()), at,
                    remedy);
    }
    if (type == "EXPRESSION_LIST") return refuse(kNotAllowed, "VALUES", at, remedy);
    if (type != "BASE_TABLE") return refuse(kNotAllowed, cat("a table reference ", type), at, remedy);
    if (table.has("sample")) return refuse(kNotRowWise, "TABLESAMPLE", at);
    const std::string& name = table.get("table_name").as_string();
    if (lower(name) != topic_ || !is_unused(table.get("schema_name")) || !is_unused(table.get("catalog_name"))) {
      return refuse(kNotAllowed, cat("the table \"", name, "\""), at, remedy);
    }
    static const std::set<std::string, std::less<>> handled = {
        "type", "alias", "sample", "query_location", "table_name", "schema_name", "catalog_name", "column_name_alias"};
    for (const auto& [member, value] : table.members()) {
      if (handled.count(member) == 0 && !is_unused(value)) return refuse(kNotAllowed, cat("FROM with ", member), at);
    }
    const std::string& alias = table.get("alias").as_string();
    qualifier_ = alias.empty() ? topic_ : lower(alias);
    if (windowed_ != nullptr && !is_unused(table.get("column_name_alias"))) {
      return refuse(kNotWindowed, "renaming the topic's columns in FROM", at,
                    "groups are judged by the fields' own names");
    }
    for (const std::string& column : table.get("column_name_alias").strings()) columns_.insert(lower(column));
    return {};
  }

  // Of the topic with lookup tables, each record with at most one row of each.
  Verdict joined(const Json& join) {
    if (windowed_ != nullptr || tables_.empty()) {
      return refuse(
          kNotRowWise, "a join", location(join),
          windowed_ != nullptr ? "" : "topics named in the processor's tables can be joined (docs/tables.md)");
    }
    if (auto refusal = from(leftmost(join))) return refusal;
    if (const auto refusal = read_joins(join, topic_, fields_, tables_, relations_)) {
      return refuse(kNotAllowed, refusal->what, location(*refusal->node), refusal->remedy);
    }
    for (const auto& [name, schema] : relations_.names) {
      for (const codec::Field& field : schema->fields()) columns_.insert(lower(field.name));
    }
    return {};
  }

  Verdict select_item(const Json& item) {
    const std::string& kind = item.get("class").as_string();
    if (kind == "STAR") return star(item);
    if (auto refusal = expression(item)) return refusal;
    if (item.get("alias").as_string().empty() && kind != "COLUMN_REF") {
      return refuse(kNotAllowed, "an output column without a name", location(item), "add AS and a name");
    }
    return {};
  }

  Verdict star(const Json& item) {
    if (item.get("columns").as_bool()) return refuse(kNotAllowed, "COLUMNS()", location(item), "name the columns");
    if (item.has("expr")) return refuse(kNotAllowed, "* with an expression", location(item), "name the columns");
    if (auto refusal = members(item, "STAR")) return refusal;
    for (const Json& replacement : item.get("replace_list").items()) {
      if (auto refusal = expression(replacement.get("value"))) return refusal;
    }
    return {};
  }

  // Refuses what a newer DuckDB may add to a node that is known otherwise.
  Verdict members(const Json& node, const std::string& kind) {
    static const std::set<std::string, std::less<>> common = {"class", "type", "alias", "query_location"};
    const auto& known = kMembers.find(kind)->second;
    for (const auto& [name, value] : node.members()) {
      if (common.count(name) == 0 && known.count(name) == 0 && !is_unused(value)) {
        return refuse(kNotAllowed, cat(kind, " with ", name), location(node));
      }
    }
    return {};
  }

  Verdict all(std::initializer_list<const Json*> nodes) {
    for (const Json* node : nodes) {
      if (auto refusal = expression(*node)) return refusal;
    }
    return {};
  }

  Verdict all(const Json& list) {
    for (const Json& node : list.items()) {
      if (auto refusal = expression(node)) return refusal;
    }
    return {};
  }

  Verdict optional(const Json& node) { return node.is_null() ? Verdict() : expression(node); }

  Verdict expression(const Json& node) {
    const std::string& kind = node.get("class").as_string();
    if (kind == "WINDOW") {
      return refuse(kNotRowWise, cat("the window function ", node.get("function_name").as_string()), location(node));
    }
    if (kind == "SUBQUERY") return refuse(kNotRowWise, "a subquery", location(node));
    if (kind == "LAMBDA") {
      return refuse(kNotAllowed, "-> (a lambda or a JSON path)", location(node), "for JSON use json_extract() or ->>");
    }
    if (kind == "STAR") return refuse(kNotAllowed, "* inside an expression", location(node));
    if (kind == "PARAMETER") return refuse(kNotAllowed, "a parameter", location(node), "write the value itself");
    if (kMembers.count(kind) == 0) return refuse(kNotAllowed, kind, location(node));
    if (auto refusal = members(node, kind)) return refusal;
    if (kind == "COLUMN_REF") return column(node);
    if (kind == "COMPARISON") return all({&node.get("left"), &node.get("right")});
    if (kind == "CONJUNCTION") return all(node.get("children"));
    if (kind == "OPERATOR") return operation(node);
    if (kind == "FUNCTION") return function(node);
    if (kind == "CASE") return cases(node);
    if (kind == "CAST") return cast(node);
    if (kind == "BETWEEN") return all({&node.get("input"), &node.get("lower"), &node.get("upper")});
    return {};  // CONSTANT
  }

  Verdict operation(const Json& node) {
    const std::string& type = node.get("type").as_string();
    if (kOperators.count(type) == 0) return refuse(kNotAllowed, cat("the operator ", type), location(node));
    return all(node.get("children"));
  }

  Verdict cases(const Json& node) {
    for (const Json& check : node.get("case_checks").items()) {
      if (auto refusal = all({&check.get("when_expr"), &check.get("then_expr")})) return refusal;
    }
    return optional(node.get("else_expr"));
  }

  Verdict cast(const Json& node) {
    const Json& type = node.get("cast_type");
    const std::string& id = type.get("id").as_string();
    if (kCastTypes.count(id) != 0) return expression(node.get("child"));
    const std::string& name = type.at("type_info/name").as_string();  // of a type that only the catalog knows
    Verdict refusal = refuse(kNotAllowed, cat("a cast to ", name.empty() ? id : name), location(node));
    refusal->unknown_name = !name.empty();
    return refusal;
  }

  Verdict column(const Json& node) {
    const std::vector<std::string> names = node.get("column_names").strings();
    const bool qualified =
        names.size() == 2 && (lower(names[0]) == qualifier_ || relations_.names.count(lower(names[0])) != 0);
    if ((names.size() == 1 || qualified) && columns_.count(lower(names.back())) != 0) return {};
    const std::string name = join(names, ".");
    if (names.size() == 1 && kValueFunctions.count(lower(name)) != 0) {
      return refuse(kNotRowWise, name, location(node), "it depends on the session or on the time, not on the record");
    }
    Verdict refusal = refuse(kNotAllowed, cat("\"", name, "\", which is no declared field,"), location(node));
    refusal->unknown_name = true;
    return refusal;
  }

  Verdict function(const Json& node) {
    const std::string name = lower(node.get("function_name").as_string());
    const auto at = location(node);
    const std::string& schema = node.get("schema").as_string();
    if (!is_unused(node.get("catalog")) || !(schema.empty() || schema == "main")) {
      return refuse(kNotAllowed, cat("the qualified function name ", schema, ".", name), at, "write the name alone");
    }
    if (aggregates_allowed_ && kAggregates.count(name) != 0) return aggregate(node, name);
    if (!is_allowed_function(name)) return unlisted(name, at);
    if (node.has("filter") || node.get("distinct").as_bool() || node.get("export_state").as_bool() ||
        !is_unused(node.at("order_bys/orders"))) {
      return refuse(kNotRowWise, cat("FILTER, DISTINCT or ORDER BY in ", name, "()"), at);
    }
    return all(node.get("children"));
  }

  Verdict aggregate(const Json& node, const std::string& name) {
    aggregate_ = true;
    if (node.get("export_state").as_bool() || !is_unused(node.at("order_bys/orders"))) {
      return refuse(kNotWindowed, cat("ORDER BY in ", name, "()"), location(node));
    }
    if (auto refusal = optional(node.get("filter"))) return refusal;
    return all(node.get("children"));
  }

  Verdict unlisted(const std::string& name, std::optional<std::size_t> at) {
    const std::string kind = kind_of_(name);
    if (kind == "aggregate") {
      const std::string shown = name == "count_star" ? "count" : name;
      if (windowed_ != nullptr) {
        return kAggregates.count(name) != 0
                   ? refuse(kNotWindowed, cat("the aggregate function ", shown, "() in WHERE or GROUP BY"), at)
                   : refuse(kNotWindowed, cat("the aggregate function ", shown, "()"), at,
                            "its result may depend on the order of the records; docs/windows.md lists those there are");
      }
      return refuse(kNotRowWise, cat("the aggregate function ", shown, "()"), at);
    }
    if (kind == "volatile") {
      return refuse(kNotRowWise, cat("the function ", name, "()"), at, "its result depends on more than its arguments");
    }
    Verdict refusal =
        refuse(kNotAllowed, cat("the function ", name, "()"), at, "docs/sql.md lists the functions there are");
    refusal->unknown_name = kind.empty();
    return refusal;
  }

  std::string_view sql_;
  std::string topic_;
  const codec::Schema& fields_;
  std::string qualifier_;
  std::set<std::string, std::less<>> columns_;
  const FunctionKind& kind_of_;
  const WindowedRules* windowed_;
  std::span<const Table* const> tables_;
  Relations relations_;                             // of a query with joins
  bool aggregates_allowed_ = windowed_ != nullptr;  // where the checker is now
  bool aggregate_ = false;                          // one was seen
};

}  // namespace

std::optional<Refusal> find_refusal(const Json& tree, std::string_view sql, std::string_view topic,
                                    const codec::Schema& fields, const FunctionKind& kind_of,
                                    const WindowedRules* windowed, std::span<const Table* const> tables,
                                    std::vector<Join>* joins) {
  Checker checker(sql, topic, fields, kind_of, windowed, tables);
  auto refusal = checker.statements(tree.get("statements"));
  if (joins != nullptr) *joins = checker.joins();
  return refusal;
}

}  // namespace tidegate::engine
