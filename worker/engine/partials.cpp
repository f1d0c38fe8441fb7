#include "worker/engine/partials.h"

#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "common/base/text.h"
#include "common/json/json.h"
#include "worker/engine/functions.h"
#include "worker/engine/joins.h"
#include "worker/engine/query_check.h"
#include "worker/engine/syntax_tree.h"
#include "worker/engine/window_rows.h"

namespace tidegate::engine {
namespace {

// No field has a blank in its name.
constexpr const char* kRows = "tidegate rows";
constexpr double kExact = 9007199254740992;  // 2^53: integers beyond lose digits as doubles

bool is_column(const Json& node) {
  return node.get("class").as_string() == "COLUMN_REF";
}

bool is_aggregate(const Json& node) {
  static const std::set<std::string, std::less<>> names = {"avg",      "bool_and", "bool_or", "count", "count_star",
                                                           "count_if", "max",      "mean",    "min",   "sum"};
  return node.get("class").as_string() == "FUNCTION" && names.contains(lower(node.get("function_name").as_string()));
}

bool is_of_window(std::string_view column) {
  return column == "window_start" || column == "window_end";
}

// What all expressions of a syntax tree have.
Json expression(const char* kind, const char* type) {
  return Json::object({{"class", kind}, {"type", type}, {"alias", ""}, {"query_location", 0}});
}

Json column(const std::string& name) {
  Json node = expression("COLUMN_REF", "COLUMN_REF");
  node["column_names"] = Json::array({Json(name)});
  return node;
}

Json named(Json node, const std::string& alias) {
  node["alias"] = alias;
  return node;
}

}  // namespace

// Reads the syntax tree once; `possible_` turns false at what cannot be taken apart.
class PartialsBuilder {
 public:
  PartialsBuilder(const Query& query, const Json& select) : select_(normal(select)) {
    for (const codec::Field& field : query.fields.fields()) fields_.insert(lower(field.name));
    for (const Json& item : select_.get("select_list").items()) {
      const std::string alias = lower(item.get("alias").as_string());
      if (item.get("class").as_string() == "STAR" || (fields_.contains(alias) && !is_column(item))) possible_ = false;
      if (!alias.empty()) aliases_.emplace(alias, named(item, ""));
    }
  }

  // The queries as trees; nothing when the query needs its rows.
  struct Trees {
    Json fold;
    Json finish;
  };
  std::optional<Trees> build(Partials& partials) {
    Json groups = Json::Array{};
    partials.grouped_ = !select_.get("group_expressions").items().empty();
    for (const Json& expression : select_.get("group_expressions").items()) {
      Json group = resolved(expression);
      if (is_column(group) && is_of_window(name_of(group))) continue;
      if (group.get("class").as_string() == "CONSTANT") possible_ = false;  // the number of a column
      take_apart(group);
      partials.groups_.push_back(name_of_group(groups_.size()));
      groups_.push_back(group);
      groups.push_back(std::move(group));
    }

    Json finish = select_;
    Json items = Json::Array{};
    for (const Json& item : select_.get("select_list").items()) {
      const std::string& alias = item.get("alias").as_string();
      items.push_back(named(over_groups(named(item, "")), alias.empty() ? name_of(item) : alias));
    }
    finish["select_list"] = std::move(items);
    finish["where_clause"] = over_groups(select_.get("having"));
    finish["having"] = Json();
    finish["group_expressions"] = Json::Array{};
    finish["group_sets"] = Json::Array{};

    Json fold = select_;
    Json results = Json::Array{};
    for (std::size_t g = 0; g < groups_.size(); ++g) results.push_back(named(groups_[g], name_of_group(g)));
    results.push_back(named(column(kNumber), Partials::kPane));
    groups.push_back(column(kNumber));
    for (std::size_t a = 0; a < aggregates_.size(); ++a) {
      for (Json& part : parts(a, partials)) results.push_back(std::move(part));
    }
    results.push_back(named(count_star(), kRows));
    partials.columns_.push_back({kRows, cat("CAST(sum(", quoted(kRows), ") AS BIGINT)")});
    take_apart(select_.get("where_clause"));
    fold["having"] = Json();
    const Json& from = select_.get("from_table");
    fold["from_table"]["alias"] = from.get("alias").as_string().empty() ? from.get("table_name") : from.get("alias");
    fold["from_table"]["schema_name"] = "tidegate";
    fold["from_table"]["table_name"] = Partials::kRecords;
    fold["select_list"] = std::move(results);
    Json set = Json::Array{};
    for (std::size_t g = 0; g < groups.items().size(); ++g) set.push_back(g);
    fold["group_sets"] = Json::array({std::move(set)});
    fold["group_expressions"] = std::move(groups);
    if (!possible_ || (!partials.grouped_ && aggregates_.empty())) return std::nullopt;
    return Trees{std::move(fold), std::move(finish)};
  }

 private:
  // With one spelling of each column, and without places in the text, which are no longer those of any.
  Json normal(const Json& node) {
    if (node.is_number() && !node.is_int() && std::abs(node.as_double()) >= kExact) possible_ = false;
    Json placeless = node;
    if (node.is_object() && node.has("query_location")) placeless["query_location"] = 0;  // unknown it is no int64
    Json out = with_children(placeless, [this](const Json& child) { return normal(child); });
    if (is_column(out)) {
      const std::vector<std::string> names = out.get("column_names").strings();
      out["column_names"] = Json::array({Json(lower(names.back()))});
    }
    return out;
  }

  static std::string name_of(const Json& node) {
    const std::vector<std::string> names = node.get("column_names").strings();
    return names.empty() ? "" : names.back();
  }

  // The expression that an alias stands for.
  Json resolved(const Json& node) const {
    if (!is_column(node) || fields_.contains(name_of(node))) return node;
    const auto found = aliases_.find(name_of(node));
    return found == aliases_.end() ? node : found->second;
  }

  // What fold() has over rows may name fields only.
  void take_apart(const Json& node) {
    if (is_column(node) && !fields_.contains(name_of(node))) possible_ = false;
    for (const Json& item : node.items()) take_apart(item);
    for (const auto& member : node.members()) take_apart(member.second);
  }

  // The same over groups with their aggregates.
  Json over_groups(const Json& node) {
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      if (groups_[g] == node) return column(name_of_group(g));
    }
    if (is_aggregate(node)) return column(aggregate(node));
    if (is_column(node)) {
      if (is_of_window(name_of(node))) return node;
      const Json meant = resolved(node);
      if (meant == node || ++depth_ > 100) {
        possible_ = false;
        return node;
      }
      return over_groups(meant);
    }
    if (node.get("class").as_string() == "FUNCTION" &&
        !is_allowed_function(lower(node.get("function_name").as_string()))) {
      possible_ = false;  // another aggregate
    }
    return with_children(node, [this](const Json& child) { return over_groups(child); });
  }

  std::string aggregate(const Json& node) {
    for (std::size_t a = 0; a < aggregates_.size(); ++a) {
      if (aggregates_[a] == node) return name_of_aggregate(a);
    }
    const bool star = lower(node.get("function_name").as_string()) == "count_star";
    if (node.get("distinct").as_bool() || node.get("children").items().size() != (star ? 0U : 1U)) possible_ = false;
    take_apart(node);
    aggregates_.push_back(node);
    return name_of_aggregate(aggregates_.size() - 1);
  }

  static std::string name_of_group(std::size_t number) { return cat("tidegate group ", std::to_string(number)); }
  static std::string name_of_aggregate(std::size_t number) { return cat("tidegate result ", std::to_string(number)); }

  static Json count_star() {
    Json node = expression("FUNCTION", "FUNCTION");
    node["function_name"] = "count_star";
    node["schema"] = "";
    node["catalog"] = "";
    node["children"] = Json::Array{};
    node["filter"] = Json();
    node["order_bys"] = Json::object({{"type", "ORDER_MODIFIER"}, {"orders", Json::Array{}}});
    node["distinct"] = false;
    node["is_operator"] = false;
    node["export_state"] = false;
    return node;
  }

  // The columns of an aggregate in a row of partial results, and what is made of them.
  std::vector<Json> parts(std::size_t number, Partials& partials) const {
    const Json& node = aggregates_[number];
    const std::string name = name_of_aggregate(number);
    const std::string function = lower(node.get("function_name").as_string());
    if (function == "avg" || function == "mean") {
      const std::string count = cat(name, " count");
      Json sum = node;
      sum["function_name"] = "sum";
      Json counted = node;
      counted["function_name"] = "count";
      partials.columns_.push_back({name, cat("sum(", quoted(name), ")")});
      partials.columns_.push_back({count, cat("CAST(sum(", quoted(count), ") AS BIGINT)")});
      partials.aggregates_.push_back({name, cat("CAST(sum(", quoted(name), ") AS DOUBLE) / sum(", quoted(count), ")")});
      return {named(std::move(sum), name), named(std::move(counted), count)};
    }
    if (function == "count_star" && node.get("filter").is_null()) {  // what is there anyway
      partials.aggregates_.push_back({name, cat("CAST(coalesce(sum(", quoted(kRows), "), 0) AS BIGINT)")});
      return {};
    }
    std::string merge = cat(function, "(", quoted(name), ")");
    if (function.starts_with("count")) merge = cat("coalesce(sum(", quoted(name), "), 0)");
    if (function == "count" || function == "count_star") merge = cat("CAST(", merge, " AS BIGINT)");
    partials.columns_.push_back({name, merge});
    partials.aggregates_.push_back({name, merge});
    return {named(node, name)};
  }

  Json select_;
  std::set<std::string, std::less<>> fields_;
  std::map<std::string, Json, std::less<>> aliases_;
  std::vector<Json> groups_;
  std::vector<Json> aggregates_;
  int depth_ = 0;  // of aliases that stand for aliases, which must end
  bool possible_ = true;
};

std::optional<Partials> Partials::of(Database& database, const Query& query, const Json& tree) {
  Partials partials;
  auto trees = PartialsBuilder(query, tree.at("statements/0/node")).build(partials);
  if (!trees) return std::nullopt;
  const auto sql = [&](Json select) {
    const Json statement = Json::object({{"node", std::move(select)}, {"named_param_map", Json::Array{}}});
    return sql_of(database, Json::object({{"error", false}, {"statements", Json::array({statement})}}).dump());
  };
  auto fold = sql(std::move(trees->fold));
  auto finish = sql(std::move(trees->finish));
  if (!fold || !finish) return std::nullopt;
  partials.fold_ = *std::move(fold);
  partials.finish_ = *std::move(finish);
  return partials;
}

std::string Partials::grouped_columns() const {
  std::string columns;
  for (const std::string& name : groups_) columns += cat(columns.empty() ? "" : ", ", quoted(name));
  return columns;
}

std::string Partials::merged(const std::string& from) const {
  std::string groups = grouped_columns();
  groups += cat(groups.empty() ? "" : ", ", quoted(kPane));
  std::string columns = groups;
  for (const Column& column : columns_) columns += cat(", ", column.merge, " AS ", quoted(column.name));
  return cat("SELECT ", columns, " FROM ", from, " GROUP BY ", groups);
}

std::string Partials::final_rows(const std::string& from, const std::string& window_columns) const {
  const std::string groups = grouped_columns();
  std::string columns = cat(groups, groups.empty() ? "" : ", ", window_columns);
  for (const Aggregate& aggregate : aggregates_) columns += cat(", ", aggregate.final, " AS ", quoted(aggregate.name));
  return cat("SELECT ", columns, " FROM ", from, groups.empty() ? "" : cat(" GROUP BY ", groups),
             grouped_ ? cat(" HAVING sum(", quoted(kRows), ") > 0") : "");
}

}  // namespace tidegate::engine
