// The joins of a query with lookup tables: which are allowed, and how they are carried out. Private to this folder.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/json/json.h"
#include "worker/codec/schema.h"
#include "worker/engine/table.h"

namespace tidegate::engine {

struct Join {
  std::size_t table = 0;            // which of the query's tables
  std::vector<std::size_t> fields;  // of the topic: what each field of the table's key is compared with
};

// Why a FROM clause is refused. `what` and `remedy` as the other refusals say it.
struct JoinRefusal {
  const Json* node;
  std::string what;
  std::string remedy;
};

// What a FROM clause names: its relations by their lower-case names in the query, and the joins from left to right.
struct Relations {
  std::map<std::string, const codec::Schema*, std::less<>> names;
  std::vector<Join> joins;
};

// Reads `from`, a JOIN node whose leftmost table is the topic's (that one is judged elsewhere). Each other must be one
// of `tables`, joined by INNER or LEFT JOIN ON the equality of every field of its key with a field of the topic of the
// same type: each record then finds at most one row. Pure.
std::optional<JoinRefusal> read_joins(const Json& from, std::string_view topic, const codec::Schema& fields,
                                      std::span<const Table* const> tables, Relations& out);

// The leftmost relation of a FROM clause.
const Json& leftmost(const Json& from);

// The answer of json_serialize_sql, `tree_text` and the same parsed, of a query with joins that read_joins() allowed,
// with a relation of its own for the records and for each join. Their rows stand side by side: row n of each belongs to
// row n of the records. What an inner join demands goes to WHERE, where the nulls of a row that was not found fail it.
// The rest of the text stays as it is: our JSON does not keep every number that a query can hold.
Result<std::string> side_by_side(std::string_view tree_text, const Json& tree);

// Their names, which no topic has.
inline constexpr const char* kRecordsRelation = "tidegate records";
std::string lookup_relation(std::size_t join);

}  // namespace tidegate::engine
