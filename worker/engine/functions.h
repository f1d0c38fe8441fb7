// The functions a query may call.
#pragma once

#include <span>
#include <string_view>

namespace tidegate::engine {

// Lower-case names and operators, sorted. Reviewed one by one: scalar, deterministic, no access to settings, catalog or
// session, no result that grows beyond reason from a small argument (repeat, range). A unit test compares the list with
// DuckDB's catalog.
std::span<const std::string_view> allowed_functions();

// Of those, the ones that DuckDB implements as macros over allowed functions.
std::span<const std::string_view> allowed_macros();

bool is_allowed_function(std::string_view name);

}  // namespace tidegate::engine
