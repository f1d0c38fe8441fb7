// The list of allowed functions against DuckDB's catalog.
#include "worker/engine/functions.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "common/base/text.h"
#include "worker/engine/database.h"

using namespace tidegate;
using namespace tidegate::engine;

namespace {

std::set<std::string> names(Database& database, const std::string& condition) {
  auto rows = database.query(cat("SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE ", condition), {});
  REQUIRE(rows.ok());
  std::set<std::string> out;
  for (const auto& row : *rows) out.insert(row[0]);
  return out;
}

}  // namespace

TEST_CASE("every allowed function exists and is scalar and consistent - or a listed macro") {
  auto database = Database::open("64MB");
  REQUIRE(database.ok());
  const auto scalar = names(*database, "function_type = 'scalar'");
  const auto changing = names(*database, "function_type = 'scalar' AND stability <> 'CONSISTENT'");
  const auto macros = names(*database, "function_type = 'macro'");
  const auto others = names(*database, "function_type IN ('aggregate', 'table', 'pragma', 'table_macro')");
  const std::set<std::string, std::less<>> listed_macros(allowed_macros().begin(), allowed_macros().end());
  for (const std::string_view view : allowed_functions()) {
    const std::string name(view);
    CAPTURE(name);
    if (listed_macros.count(name) != 0) {
      CHECK(macros.count(name) == 1);
    } else {
      CHECK(scalar.count(name) == 1);
      CHECK(macros.count(name) == 0);
    }
    CHECK(changing.count(name) == 0);
    CHECK(others.count(name) == 0);
    CHECK(is_allowed_function(name));
  }
  for (const std::string_view macro : listed_macros) CHECK(is_allowed_function(macro));
  CHECK_FALSE(is_allowed_function("current_setting"));
}

TEST_CASE("the sandbox refuses files - extensions and settings") {
  auto database = Database::open("64MB");
  REQUIRE(database.ok());
  REQUIRE(database->lock().ok());
  for (const char* sql : {"SELECT * FROM read_text('/etc/hostname')", "COPY (SELECT 1) TO '/tmp/tidegate-x'",
                          "ATTACH '/tmp/tidegate-x' AS x", "INSTALL httpfs", "LOAD httpfs", "SET memory_limit = '8GB'",
                          "SET enable_external_access = true", "RESET lock_configuration", "SET threads = 8"}) {
    CAPTURE(sql);
    CHECK_FALSE(database->execute(sql).ok());
  }
}
