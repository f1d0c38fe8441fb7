#include "worker/sinks/postgres_sql.h"

#include <algorithm>

#include "common/base/text.h"

namespace tidegate::sinks {

namespace {

constexpr std::size_t max_identifier = 63;  // NAMEDATALEN - 1; PostgreSQL cuts what is longer
constexpr std::string_view batch_table = "pg_temp.tidegate_batch";

std::string quoted_list(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(quote_identifier(name));
  return join(quoted, ", ");
}

}  // namespace

std::string quote_identifier(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out += '"';
}

Result<TableName> TableName::parse(std::string_view text) {
  const std::vector<std::string> parts = split(text, '.');
  if (parts.size() > 2) {
    return Error{"InvalidSettings",
                 cat("postgres.table: \"", text, "\" has more than one dot; write schema.table or table")};
  }
  for (const std::string& part : parts) {
    if (part.empty() || part.size() > max_identifier || part.find('\0') != std::string::npos) {
      return Error{"InvalidSettings", cat("postgres.table: \"", text, "\": names have 1 to 63 bytes")};
    }
  }
  return parts.size() == 2 ? TableName{parts[0], parts[1]} : TableName{"", parts[0]};
}

std::string TableName::quoted() const {
  return schema.empty() ? quote_identifier(table) : cat(quote_identifier(schema), ".", quote_identifier(table));
}

std::string column_type(codec::FieldType type) {
  switch (type.type) {
    case codec::Type::boolean:
      return "boolean";
    case codec::Type::integer:
      return "integer";
    case codec::Type::bigint:
      return "bigint";
    case codec::Type::float64:
      return "double precision";
    case codec::Type::decimal:
      return cat("numeric(", std::to_string(type.width), ",", std::to_string(type.scale), ")");
    case codec::Type::varchar:
      return "text";
    case codec::Type::date:
      return "date";
    case codec::Type::timestamp:
      return "timestamptz";
    case codec::Type::json:
      return "jsonb";
  }
  return "text";
}

std::string PostgresSql::create_table() const {
  std::vector<std::string> parts;
  for (const codec::Field& field : schema.fields()) {
    parts.push_back(cat(quote_identifier(field.name), " ", column_type(field.type)));
  }
  if (!key.empty()) parts.push_back(cat("PRIMARY KEY (", quoted_list(key), ")"));
  return cat("CREATE TABLE IF NOT EXISTS ", table.quoted(), " (", join(parts, ", "), ")");
}

std::string PostgresSql::add_columns(const std::vector<std::string>& missing) const {
  std::vector<std::string> parts;
  for (const std::string& name : missing) {
    parts.push_back(cat("ADD COLUMN ", quote_identifier(name), " ", column_type(schema[*schema.find(name)].type)));
  }
  return cat("ALTER TABLE ", table.quoted(), " ", join(parts, ", "));
}

std::string PostgresSql::create_unique_index() const {
  return cat("CREATE UNIQUE INDEX ON ", table.quoted(), " (", quoted_list(key), ")");
}

std::string PostgresSql::create_batch_table() const {
  // The types of the target rather than of the schema: the user may have made the column a uuid or a jsonb.
  return cat("CREATE TEMP TABLE tidegate_batch ON COMMIT DELETE ROWS AS SELECT 0 AS ", position_column(), ", ",
             columns(), " FROM ", table.quoted(), " WITH NO DATA");
}

std::string PostgresSql::clear_batch_table() const {
  return cat("TRUNCATE ", batch_table);
}

std::string PostgresSql::copy() const {
  if (key.empty()) return cat("COPY ", table.quoted(), " (", columns(), ") FROM STDIN");
  return cat("COPY ", batch_table, " FROM STDIN");
}

std::string PostgresSql::merge() const {
  if (key.empty()) return "";
  std::vector<std::string> updates;
  for (const codec::Field& field : schema.fields()) {
    if (std::find(key.begin(), key.end(), field.name) != key.end()) continue;
    updates.push_back(cat(quote_identifier(field.name), " = EXCLUDED.", quote_identifier(field.name)));
  }
  const std::string keys = quoted_list(key);
  // DISTINCT ON compares as the target's types do (citext, numeric, ...), and its sort gives all writers one lock
  // order.
  return cat("INSERT INTO ", table.quoted(), " (", columns(), ") SELECT DISTINCT ON (", keys, ") ", columns(), " FROM ",
             batch_table, " ORDER BY ", keys, ", ", position_column(), " DESC ON CONFLICT (", keys, ") ",
             updates.empty() ? "DO NOTHING" : cat("DO UPDATE SET ", join(updates, ", ")));
}

std::string PostgresSql::columns() const {
  std::vector<std::string> names;
  for (const codec::Field& field : schema.fields()) names.push_back(field.name);
  return quoted_list(names);
}

std::string PostgresSql::position_column() const {
  std::string name = "tidegate_position";
  while (schema.find(name)) name += '_';
  return quote_identifier(name);
}

void append_copy_text(std::string_view value, std::string& out) {
  for (const char c : value) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += c;
    }
  }
}

}  // namespace tidegate::sinks
