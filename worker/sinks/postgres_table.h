// Finds out whether a table can take the rows, and says what to run when it cannot.
#pragma once

#include "common/base/result.h"
#include "worker/sinks/postgres_connection.h"
#include "worker/sinks/postgres_sql.h"

namespace tidegate::sinks {

// Makes the table when it is missing and `create` is set; checks columns and, with a key, the unique index that ON
// CONFLICT needs. On success sql.table.schema is the one the table was found in. Errors: reason Waiting.
Result<void> prepare_table(PostgresConnection& connection, PostgresSql& sql, bool create);

}  // namespace tidegate::sinks
