#include "worker/engine/syntax_tree.h"

#include <set>
#include <utility>

#include "worker/engine/joins.h"

namespace tidegate::engine {
namespace {

// Without the places of things in the text.
Json unplaced(const Json& node) {
  Json out = with_children(node, unplaced);
  out.erase("query_location");
  return out;
}

// Lower-case; "*" for a star.
void collect(const Json& node, std::set<std::string>& names) {
  if (node.get("class").as_string() == "STAR") names.insert("*");
  for (const std::string& name : node.get("column_names").strings()) names.insert(lower(name));
  for (const Json& item : node.items()) collect(item, names);
  for (const auto& member : node.members()) collect(member.second, names);
}

}  // namespace

std::vector<std::string> fields_in(const Json& tree, const codec::Schema& fields) {
  std::set<std::string> names;
  collect(tree, names);
  std::vector<std::string> found;
  for (const codec::Field& field : fields.fields()) {
    if (names.contains("*") || names.contains(lower(field.name))) found.push_back(field.name);
  }
  return found;
}

Result<std::string> syntax_tree_text(Database& database, const std::string& sql) {
  auto rows = database.query("SELECT CAST(json_serialize_sql(CAST(? AS VARCHAR)) AS VARCHAR)", {sql});
  if (!rows) return std::move(rows).error();
  return std::move((*rows)[0][0]);
}

std::optional<std::string> sql_of(Database& database, const std::string& tree) {
  auto text = database.query("SELECT json_deserialize_sql(CAST(CAST(? AS VARCHAR) AS JSON))", {tree});
  if (!text) return std::nullopt;
  const auto again = syntax_tree_text(database, (*text)[0][0]);
  if (!again) return std::nullopt;
  const auto wanted = Json::parse(tree);
  const auto got = Json::parse(*again);
  if (!wanted || !got || unplaced(*wanted) != unplaced(*got)) return std::nullopt;
  return std::move((*text)[0][0]);
}

}  // namespace tidegate::engine
