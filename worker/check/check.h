// `worker check`: says whether a query can run, and what it gives.
#pragma once

#include "common/json/json.h"

namespace tidegate {

// `{"topic", "fields", "query"}` and optionally `"key"` (output columns) and `"tables"` in; out the answer of
// docs/architecture.md, "worker check". Runs nothing but the planner, yet user text reaches DuckDB: call it in a
// short-lived process with limits. Reason `EngineFailed` is our own failure, not the query's: the caller must not
// report it as the user's fault.
Json check(const Json& request);

}  // namespace tidegate
