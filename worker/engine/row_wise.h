// Decides whether a query may run. Without a window it must be row-wise: each record gives its rows on its own, so that
// results do not depend on where batches are cut, on time or on chance. Works on DuckDB's own syntax tree
// (json_serialize_sql) by allow-list: whatever is not known here is refused by name.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/json/json.h"
#include "worker/codec/schema.h"
#include "worker/engine/joins.h"

namespace tidegate::engine {

struct Refusal {
  Error
      error;  // reason NotRowWise, NotWindowed or NotAllowed; the message names the construct and shows where it stands
  std::optional<std::size_t> position;  // byte offset in the query
  // The refused thing is a name that may not exist at all; DuckDB's own complaint (with suggestions) is the better one
  // then.
  bool unknown_name = false;
};

// What DuckDB's catalog says of a function: `aggregate`, `volatile` (volatile or constant only within a query),
// `other`, or empty when there is none of that name.
using FunctionKind = std::function<std::string(std::string_view name)>;

// A query over the rows of a window may also group and aggregate, as far as the result depends neither on the order of
// the rows nor on how they are spread over partitions: every group must contain `keys`, the fields that the input is
// keyed by.
struct WindowedRules {
  std::vector<std::string> keys;  // empty: the input has one partition
};

// `tree` is the answer of json_serialize_sql for `sql`; `windowed` is null for a row-wise query, which may join its
// topic with `tables` (joins.h); `joins` receives how. Nothing when the query is allowed. Pure.
std::optional<Refusal> find_refusal(const Json& tree, std::string_view sql, std::string_view topic,
                                    const codec::Schema& fields, const FunctionKind& kind_of,
                                    const WindowedRules* windowed = nullptr, std::span<const Table* const> tables = {},
                                    std::vector<Join>* joins = nullptr);

}  // namespace tidegate::engine
