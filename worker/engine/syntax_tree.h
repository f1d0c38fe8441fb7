// SQL as DuckDB's own syntax tree (json_serialize_sql) and back. Private to this folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/json/json.h"
#include "worker/codec/schema.h"
#include "worker/engine/database.h"

namespace tidegate::engine {

// `node` with every item and member of it, if it has any, replaced by what `change` makes of that.
template <typename Change>
Json with_children(const Json& node, Change&& change) {
  if (node.is_array()) {
    Json out = Json::Array{};
    for (const Json& item : node.items()) out.push_back(change(item));
    return out;
  }
  if (!node.is_object()) return node;
  Json out = Json::Object{};
  for (const auto& [name, value] : node.members()) out[name] = change(value);
  return out;
}

// As JSON text; also of a query that cannot be parsed, which then is the error as DuckDB words it.
Result<std::string> syntax_tree_text(Database& database, const std::string& sql);

// The fields that the query of a tree may mean: those of a name that it holds, or all where it has a star.
std::vector<std::string> fields_in(const Json& tree, const codec::Schema& fields);

// The SQL of a tree, as the JSON text of one. Nothing where it would not be read again as the same tree.
std::optional<std::string> sql_of(Database& database, const std::string& tree);

}  // namespace tidegate::engine
