#include "worker/sinks/postgres_table.h"

#include <algorithm>
#include <map>
#include <set>

#include "common/base/text.h"

namespace tidegate::sinks {

namespace {

constexpr Duration table_timeout{9'000};

Error waiting(std::string message) {
  return {"Waiting", std::move(message)};
}

Error waiting(const PostgresError& error) {
  return waiting(error.message);
}

struct Found {
  std::string oid;  // empty: there is no such table
  std::string schema;
};

Result<Found> find(PostgresConnection& connection, const TableName& table) {
  PostgresConnection::Rows rows;
  const auto error = connection.query(
      "SELECT c.oid, n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "WHERE c.oid = pg_catalog.to_regclass($1)",
      {table.quoted()}, table_timeout, rows);
  if (error) return waiting(*error);
  return rows.empty() ? Found{} : Found{rows[0][0], rows[0][1]};
}

Result<void> check_columns(PostgresConnection& connection, const PostgresSql& sql, const std::string& oid) {
  PostgresConnection::Rows rows;
  const auto error = connection.query(
      "SELECT attname, attnotnull AND NOT atthasdef AND attidentity = '' FROM pg_catalog.pg_attribute "
      "WHERE attrelid = $1::pg_catalog.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
      {oid}, table_timeout, rows);
  if (error) return waiting(*error);
  std::set<std::string> present;
  std::string unfilled;
  for (const auto& row : rows) {
    present.insert(row[0]);
    if (row[1] == "t" && !sql.schema.find(row[0]) && unfilled.empty()) unfilled = row[0];
  }
  std::vector<std::string> missing;
  for (const codec::Field& field : sql.schema.fields()) {
    if (present.count(field.name) == 0) missing.push_back(field.name);
  }
  if (!missing.empty()) {
    return waiting(cat("table ", sql.table.quoted(), " lacks columns; run: ", sql.add_columns(missing)));
  }
  if (!unfilled.empty()) {
    return waiting(cat("column ", quote_identifier(unfilled),
                       " is NOT NULL, has no default and is no field; run: ALTER TABLE ", sql.table.quoted(),
                       " ALTER COLUMN ", quote_identifier(unfilled), " DROP NOT NULL"));
  }
  return {};
}

// ON CONFLICT takes only a complete, immediate index on plain columns.
Result<void> check_unique_index(PostgresConnection& connection, const PostgresSql& sql, const std::string& oid) {
  PostgresConnection::Rows rows;
  const auto error = connection.query(
      "SELECT i.indexrelid, a.attname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a "
      "ON a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]) "
      "WHERE i.indrelid = $1::pg_catalog.oid AND i.indisunique AND i.indisvalid AND i.indimmediate "
      "AND i.indpred IS NULL AND i.indexprs IS NULL",
      {oid}, table_timeout, rows);
  if (error) return waiting(*error);
  std::map<std::string, std::set<std::string>> indexes;
  for (const auto& row : rows) indexes[row[0]].insert(row[1]);
  const std::set<std::string> key(sql.key.begin(), sql.key.end());
  const bool covered =
      std::any_of(indexes.begin(), indexes.end(), [&](const auto& index) { return index.second == key; });
  if (covered) return {};
  return waiting(
      cat("table ", sql.table.quoted(), " has no unique index on exactly the key; run: ", sql.create_unique_index()));
}

}  // namespace

Result<void> prepare_table(PostgresConnection& connection, PostgresSql& sql, bool create) {
  auto found = find(connection, sql.table);
  if (!found) return std::move(found).error();
  if (found->oid.empty() && create) {
    if (const auto error = connection.execute(sql.create_table(), table_timeout)) {
      return waiting(*error).context("cannot create table " + sql.table.quoted());
    }
    found = find(connection, sql.table);
    if (!found) return std::move(found).error();
  }
  if (found->oid.empty()) {
    return waiting(
        cat("table ", sql.table.quoted(), " does not exist; set createTable: true, or run: ", sql.create_table()));
  }
  // From here on with its schema: a session's temporary tables come first in the search path.
  sql.table.schema = found->schema;
  if (auto columns = check_columns(connection, sql, found->oid); !columns) return columns;
  if (sql.key.empty()) return {};
  return check_unique_index(connection, sql, found->oid);
}

}  // namespace tidegate::sinks
