#include "worker/engine/types.h"

#include "common/base/text.h"

namespace tidegate::engine {

using codec::FieldType;
using codec::Type;

LogicalType to_duckdb(FieldType type) {
  LogicalType result;
  switch (type.type) {
    case Type::boolean:
      result.get() = duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN);
      break;
    case Type::integer:
      result.get() = duckdb_create_logical_type(DUCKDB_TYPE_INTEGER);
      break;
    case Type::bigint:
      result.get() = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
      break;
    case Type::float64:
      result.get() = duckdb_create_logical_type(DUCKDB_TYPE_DOUBLE);
      break;
    case Type::decimal:
      result.get() = duckdb_create_decimal_type(type.width, type.scale);
      break;
    case Type::varchar:
    case Type::json:  // as its text: SQL's JSON functions take that
      result.get() = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
      break;
    case Type::date:
      result.get() = duckdb_create_logical_type(DUCKDB_TYPE_DATE);
      break;
    case Type::timestamp:
      result.get() = duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP);
      break;
  }
  return result;
}

Result<FieldType> from_duckdb(duckdb_logical_type type, const std::string& column) {
  const auto refuse = [&](const std::string& name) {
    return Error{"InvalidQuery",
                 cat("column \"", column, "\" is of type ", name, ", which a record cannot hold; cast it to VARCHAR")};
  };
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_BOOLEAN:
      return FieldType{Type::boolean, 0, 0};
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_INTEGER:
      return FieldType{Type::integer, 0, 0};
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_BIGINT:
      return FieldType{Type::bigint, 0, 0};
    case DUCKDB_TYPE_UBIGINT:
      return FieldType{Type::decimal, 20, 0};
    case DUCKDB_TYPE_HUGEINT:
      return FieldType{Type::decimal, 38, 0};
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
      return FieldType{Type::float64, 0, 0};
    case DUCKDB_TYPE_DECIMAL:
      return FieldType{Type::decimal, duckdb_decimal_width(type), duckdb_decimal_scale(type)};
    case DUCKDB_TYPE_VARCHAR:
      return FieldType{Type::varchar, 0, 0};
    case DUCKDB_TYPE_DATE:
      return FieldType{Type::date, 0, 0};
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return FieldType{Type::timestamp, 0, 0};
    case DUCKDB_TYPE_INTERVAL:
      return refuse("INTERVAL");
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_TIME_TZ:
    case DUCKDB_TYPE_TIME_NS:
      return refuse("TIME");
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
      return refuse("LIST");
    case DUCKDB_TYPE_STRUCT:
      return refuse("STRUCT");
    case DUCKDB_TYPE_MAP:
      return refuse("MAP");
    case DUCKDB_TYPE_BLOB:
      return refuse("BLOB");
    case DUCKDB_TYPE_BIT:
      return refuse("BIT");
    case DUCKDB_TYPE_UUID:
      return refuse("UUID");
    case DUCKDB_TYPE_ENUM:
      return refuse("ENUM");
    case DUCKDB_TYPE_UHUGEINT:
      return refuse("UHUGEINT");
    case DUCKDB_TYPE_SQLNULL:
      return refuse("NULL");
    default:
      return refuse("an unknown kind");
  }
}

}  // namespace tidegate::engine
