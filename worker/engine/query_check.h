// Whether a query may run: parsed by DuckDB, judged by row_wise.h's rules. Private to this folder.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "worker/engine/database.h"
#include "worker/engine/engine.h"
#include "worker/engine/row_wise.h"

namespace tidegate::engine {

// A name as it stands in SQL.
std::string quoted(std::string_view name);

// The topic and the query's tables must be tables of `database` already. `position` receives the byte offset that an
// error is about. `windowed`: the rules of a windowed query, or null for those of a row-wise one.
Result<void> check_query(Database& database, const Query& query, const WindowedRules* windowed,
                         std::optional<std::size_t>& position);

// The joins of an allowed query and what carries them out (side_by_side); without joins both are empty.
struct JoinPlan {
  std::vector<Join> joins;
  std::string sql;
};
Result<void> check_query(Database& database, const Query& query, const WindowedRules* windowed,
                         std::optional<std::size_t>& position, JoinPlan& plan);
Result<void> prepare_query(Database& database, const std::string& sql, Statement& statement,
                           std::optional<std::size_t>& position);

}  // namespace tidegate::engine
