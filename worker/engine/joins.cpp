#include "worker/engine/joins.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"

namespace tidegate::engine {
namespace {

std::string name_of(const Json& table) {
  const std::string& alias = table.get("alias").as_string();
  return lower(alias.empty() ? table.get("table_name").as_string() : alias);
}

std::optional<std::size_t> find_field(const codec::Schema& schema, std::string_view name) {
  for (std::size_t f = 0; f < schema.size(); ++f) {
    if (lower(schema[f].name) == name) return f;
  }
  return std::nullopt;
}

// One side of an equality: a field of a relation.
struct Operand {
  std::string relation;
  std::size_t field = 0;
};

class Reader {
 public:
  Reader(std::string topic, const codec::Schema& fields, std::span<const Table* const> tables, Relations& out)
      : topic_(std::move(topic)), fields_(fields), tables_(tables), out_(out) {}

  std::optional<JoinRefusal> read(const Json& from) {
    if (from.get("type").as_string() != "JOIN") {
      records_ = name_of(from);
      out_.names[records_] = &fields_;
      return {};
    }
    if (auto refusal = read(from.get("left"))) return refusal;
    return join(from);
  }

 private:
  std::optional<JoinRefusal> join(const Json& node) {
    const std::string& type = node.get("join_type").as_string();
    const std::string& kind = node.get("ref_type").as_string();
    if ((type != "INNER" && type != "LEFT") || kind != "REGULAR") {
      return JoinRefusal{&node, cat("a ", kind == "REGULAR" ? type : kind, " join"),
                         "a table can be joined by JOIN or LEFT JOIN, with ON and its key"};
    }
    if (!node.get("using_columns").items().empty()) {
      return JoinRefusal{&node, "USING", "write ON and the equality of the fields"};
    }
    const Json& right = node.get("right");
    if (right.get("type").as_string() != "BASE_TABLE") {
      return JoinRefusal{&right, "a join with something else than a table", "docs/tables.md says what can be joined"};
    }
    const std::string name = lower(right.get("table_name").as_string());
    const auto table =
        std::find_if(tables_.begin(), tables_.end(), [&](const Table* known) { return lower(known->name()) == name; });
    if (table == tables_.end() || !right.get("schema_name").as_string().empty() ||
        !right.get("catalog_name").as_string().empty()) {
      if (name == topic_) return JoinRefusal{&right, "a join of the topic with itself", ""};
      return JoinRefusal{&right, cat("a join with \"", right.get("table_name").as_string(), "\""),
                         "name the topic in the processor's tables"};
    }
    if (!right.get("column_name_alias").items().empty() || right.has("sample") || right.has("at_clause")) {
      return JoinRefusal{&right, "a table with renamed columns or a sample", "join the table as it is"};
    }
    const std::string alias = name_of(right);
    if (!out_.names.emplace(alias, &(*table)->fields()).second) {
      return JoinRefusal{&right, cat("the name \"", alias, "\" for two of the joined"),
                         "give each an alias of its own, as in JOIN airports AS origin"};
    }
    Join join;
    join.table = static_cast<std::size_t>(table - tables_.begin());
    return condition(node, **table, alias, std::move(join));
  }

  std::optional<JoinRefusal> condition(const Json& node, const Table& table, const std::string& alias, Join join) {
    const std::string needed = cat("compare each field of the table's key (", tidegate::join(table.key(), ", "),
                                   ") with a field of the topic by =, and nothing else");
    const Json& condition = node.get("condition");
    const bool several = condition.get("type").as_string() == "CONJUNCTION_AND";
    const std::vector<Json> one = {condition};
    std::vector<std::optional<std::size_t>> found(table.key().size());
    for (const Json& equality : several ? condition.get("children").items() : one) {
      const auto left = operand(equality.get("left"));
      const auto right = operand(equality.get("right"));
      if (equality.get("type").as_string() != "COMPARE_EQUAL" || !left || !right ||
          (left->relation == alias) == (right->relation == alias)) {
        return JoinRefusal{&node, cat("this condition of the join with \"", table.name(), "\""), needed};
      }
      const Operand& ours = left->relation == alias ? *left : *right;
      const Operand& other = left->relation == alias ? *right : *left;
      if (other.relation != records_) {
        return JoinRefusal{&node, cat("a join of \"", table.name(), "\" with another table"), needed};
      }
      const codec::Field& field = table.fields()[ours.field];
      const auto part = std::find(table.key().begin(), table.key().end(), field.name);
      if (part == table.key().end() || found[static_cast<std::size_t>(part - table.key().begin())]) {
        return JoinRefusal{&node, cat("\"", field.name, "\" in the condition of the join with \"", table.name(), "\""),
                           needed};
      }
      if (field.type != fields_[other.field].type || field.type.type == codec::Type::float64) {
        return JoinRefusal{&node,
                           cat("the comparison of \"", field.name, "\" (", field.type.name(), ") with \"",
                               fields_[other.field].name, "\" (", fields_[other.field].type.name(), ")"),
                           "both must be declared with the same type, and not as DOUBLE"};
      }
      found[static_cast<std::size_t>(part - table.key().begin())] = other.field;
    }
    for (std::size_t part = 0; part < found.size(); ++part) {
      if (!found[part]) {
        return JoinRefusal{
            &node, cat("a join with \"", table.name(), "\" without \"", table.key()[part], "\", a field of its key,"),
            needed};
      }
      join.fields.push_back(*found[part]);
    }
    out_.joins.push_back(std::move(join));
    return {};
  }

  // Nothing for what is no field, or one of several relations.
  std::optional<Operand> operand(const Json& node) const {
    if (node.get("class").as_string() != "COLUMN_REF") return std::nullopt;
    const std::vector<std::string> names = node.get("column_names").strings();
    if (names.empty() || names.size() > 2) return std::nullopt;
    std::optional<Operand> found;
    for (const auto& [relation, schema] : out_.names) {
      if (names.size() == 2 && lower(names[0]) != relation) continue;
      const auto field = find_field(*schema, lower(names.back()));
      if (!field) continue;
      if (found) return std::nullopt;
      found = Operand{relation, *field};
    }
    return found;
  }

  const std::string topic_;
  const codec::Schema& fields_;
  const std::span<const Table* const> tables_;
  Relations& out_;
  std::string records_;  // the topic's name in the query
};

// Numbers the joins from left to right; what inner joins demand goes to `demands`.
void separate(Json& from, std::size_t& joins, std::vector<Json>& demands) {
  from["query_location"] = 0;  // one that is not known is no int64
  if (from.get("type").as_string() != "JOIN") {
    from["alias"] = from.get("alias").as_string().empty() ? from.get("table_name") : from.get("alias");
    from["table_name"] = kRecordsRelation;
    return;
  }
  separate(from["left"], joins, demands);
  Json& right = from["right"];
  right["query_location"] = 0;
  if (right.get("alias").as_string().empty()) right["alias"] = right.get("table_name");
  right["table_name"] = lookup_relation(joins++);
  if (from.get("join_type").as_string() == "INNER") demands.push_back(from.get("condition"));
  from["join_type"] = "INNER";
  from["ref_type"] = "POSITIONAL";
  from["condition"] = Json();
}

// The pieces of `text` around `key`, which is there once: a query that is allowed has one SELECT, and inside of a JSON
// string the quotes would be escaped.
std::optional<std::pair<std::string_view, std::string_view>> cut(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos || text.find(key, at + 1) != std::string_view::npos) return std::nullopt;
  return std::pair(text.substr(0, at), text.substr(at + key.size()));
}

}  // namespace

std::string lookup_relation(std::size_t join) {
  return cat("tidegate lookup ", std::to_string(join));
}

const Json& leftmost(const Json& from) {
  return from.get("type").as_string() == "JOIN" ? leftmost(from.get("left")) : from;
}

std::optional<JoinRefusal> read_joins(const Json& from, std::string_view topic, const codec::Schema& fields,
                                      std::span<const Table* const> tables, Relations& out) {
  return Reader(lower(topic), fields, tables, out).read(from);
}

Result<std::string> side_by_side(std::string_view tree_text, const Json& tree) {
  constexpr std::string_view kFrom = "\"from_table\":";
  constexpr std::string_view kWhere = ",\"where_clause\":";
  constexpr std::string_view kGroups = ",\"group_expressions\":";
  constexpr std::string_view kChildren = "\"children\":[";
  const auto from = cut(tree_text, kFrom);
  const auto where = cut(tree_text, kWhere);
  const auto groups = where ? cut(where->second, kGroups) : std::nullopt;
  if (!from || !groups) return Error{"EngineFailed", "the syntax tree of a join is not as expected"};
  Json relations = tree.at("statements/0/node/from_table");
  std::size_t joins = 0;
  std::vector<Json> demands;
  separate(relations, joins, demands);
  std::vector<std::string> conditions;
  for (const Json& demand : demands) conditions.push_back(demand.dump());
  const Json& asked = tree.at("statements/0/node/where_clause");
  if (!demands.empty() && asked.get("type").as_string() == "CONJUNCTION_AND") {
    // Its members, as the parser would have it: they stand last.
    const std::string_view text = groups->first;
    const std::size_t begin = text.find(kChildren) + kChildren.size();
    conditions.emplace_back(text.substr(begin, text.size() - begin - 2));
  } else if (!asked.is_null()) {
    conditions.emplace_back(groups->first);
  }
  std::string condition = conditions.empty() ? "null" : conditions[0];
  if (conditions.size() > 1) {
    condition = cat(R"({"class":"CONJUNCTION","type":"CONJUNCTION_AND","alias":"","query_location":0,"children":[)",
                    join(conditions, ","), "]}");
  }
  return cat(from->first, kFrom, relations.dump(), kWhere, condition, kGroups, groups->second);
}

}  // namespace tidegate::engine
