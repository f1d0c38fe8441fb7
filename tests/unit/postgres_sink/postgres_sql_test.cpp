#include "worker/sinks/postgres_sql.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace tidegate::sinks;

namespace {

codec::Schema schema_of(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::vector<codec::Field> list;
  for (const auto& [name, type] : fields) list.push_back({name, codec::FieldType::parse(type).value(), false});
  return codec::Schema::of(std::move(list)).value();
}

}  // namespace

TEST_CASE("postgres_sql: table names are split once and quoted") {
  CHECK(TableName::parse("alerts")->quoted() == "\"alerts\"");
  CHECK(TableName::parse("Shop.Order")->quoted() == "\"Shop\".\"Order\"");
  CHECK(TableName::parse("a\"; DROP TABLE x; --")->quoted() == "\"a\"\"; DROP TABLE x; --\"");
  for (const std::string& bad : std::vector<std::string>{"", ".", "a.", ".a", "a.b.c", std::string(64, 'x')}) {
    CAPTURE(bad);
    const auto parsed = TableName::parse(bad);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().reason == "InvalidSettings");
  }
}

TEST_CASE("postgres_sql: a made table has mapped types and the key as primary key") {
  const PostgresSql sql{{"", "t"},
                        schema_of({{"a", "BOOLEAN"},
                                   {"b", "INTEGER"},
                                   {"c", "BIGINT"},
                                   {"d", "DOUBLE"},
                                   {"e", "DECIMAL(10,2)"},
                                   {"f", "VARCHAR"},
                                   {"g", "DATE"},
                                   {"h", "TIMESTAMP"}}),
                        {"f", "h"}};
  CHECK(sql.create_table() ==
        "CREATE TABLE IF NOT EXISTS \"t\" (\"a\" boolean, \"b\" integer, \"c\" bigint, \"d\" double precision, "
        "\"e\" numeric(10,2), \"f\" text, \"g\" date, \"h\" timestamptz, PRIMARY KEY (\"f\", \"h\"))");
  CHECK(sql.add_columns({"e", "f"}) == "ALTER TABLE \"t\" ADD COLUMN \"e\" numeric(10,2), ADD COLUMN \"f\" text");
  CHECK(sql.create_unique_index() == "CREATE UNIQUE INDEX ON \"t\" (\"f\", \"h\")");
}

TEST_CASE("postgres_sql: merge keeps the last row of a key and updates the other columns") {
  PostgresSql sql{{"s", "t"}, schema_of({{"k", "VARCHAR"}, {"v", "BIGINT"}}), {"k"}};
  CHECK(sql.merge() ==
        "INSERT INTO \"s\".\"t\" (\"k\", \"v\") SELECT DISTINCT ON (\"k\") \"k\", \"v\" FROM pg_temp.tidegate_batch "
        "ORDER BY \"k\", \"tidegate_position\" DESC ON CONFLICT (\"k\") DO UPDATE SET \"v\" = EXCLUDED.\"v\"");
  sql.schema = schema_of({{"k", "VARCHAR"}});
  CHECK(sql.merge().find("DO NOTHING") != std::string::npos);
  sql.key.clear();
  CHECK(sql.merge().empty());
  CHECK(sql.copy() == "COPY \"s\".\"t\" (\"k\") FROM STDIN");
}

TEST_CASE("postgres_sql: the position column avoids the names of fields") {
  const PostgresSql sql{{"", "t"}, schema_of({{"tidegate_position", "BIGINT"}}), {"tidegate_position"}};
  CHECK(sql.create_batch_table().find("0 AS \"tidegate_position_\"") != std::string::npos);
}

TEST_CASE("postgres_sql: COPY text escapes what COPY reads") {
  std::string out;
  append_copy_text("a\\N\tb\r\nc \xc3\xa4", out);
  CHECK(out == "a\\\\N\\tb\\r\\nc \xc3\xa4");
}
