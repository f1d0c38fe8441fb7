// Between DuckDB's types and the field types of a pipeline. Private to this folder.
#pragma once

#include <duckdb.h>

#include <string>

#include "common/base/result.h"
#include "worker/codec/schema.h"
#include "worker/engine/database.h"

namespace tidegate::engine {

LogicalType to_duckdb(codec::FieldType type);

// The field type that a result column of `type` is written as: smaller integers become INTEGER, UINTEGER BIGINT,
// UBIGINT DECIMAL(20,0), HUGEINT DECIMAL(38,0), FLOAT DOUBLE, every TIMESTAMP_… TIMESTAMP. Fails for all others with
// the remedy to cast; `column` is for the message.
Result<codec::FieldType> from_duckdb(duckdb_logical_type type, const std::string& column);

}  // namespace tidegate::engine
