// Writes records as rows of a PostgreSQL table (docs/connectors.md, "PostgreSQL sink").
#pragma once

#include <memory>
#include <string>

#include "common/base/result.h"
#include "worker/codec/schema.h"
#include "worker/sinks/sink.h"
#include "worker/stage/settings.h"

namespace tidegate::sinks {

// One column per field, of the same name. With a key: the last row of each key wins, inserted or updated, so that a
// repeated batch changes nothing. Without: rows are appended, and a repeated batch appends again.
// A batch is one transaction. Rows that the server refuses (SQLSTATE classes 22 and 23), rows whose key has a null, and
// records that do not match the schema are refused; everything else waits.
// The connection string is read again on every open(). Fails with reason InvalidSettings.
Result<std::unique_ptr<Sink>> make_postgres_sink(const stage::PostgresSinkSettings& settings, codec::Schema schema,
                                                 const std::string& application_name);

}  // namespace tidegate::sinks
