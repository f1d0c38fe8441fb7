#include "worker/engine/table.h"

#include <doctest/doctest.h>

#include "common/base/text.h"
#include "worker/engine/engine.h"

using namespace tidegate;
using namespace tidegate::engine;

namespace {

constexpr const char* kLong = "a name that is far too long to lie inside of its element";

Table airports() {
  auto table = Table::from_json(*Json::parse(R"({"topic": "airports", "key": ["code"], "fields": [
    {"name": "code", "type": "VARCHAR", "required": true}, {"name": "name", "type": "VARCHAR"}, {"name": "alt", "type": "INTEGER"}]})"));
  REQUIRE(table.ok());
  return *std::move(table);
}

std::string airport(const std::string& code, const std::string& name) {
  return cat(R"({"code":")", code, R"(","name":")", name, R"(","alt":7})");
}

Engine engine_over(const Table& table) {
  const auto fields = codec::Schema::from_json(
      *Json::parse(R"([{"name": "n", "type": "BIGINT"}, {"name": "place", "type": "VARCHAR"}])"));
  Query query{"events", *fields, "SELECT n, name FROM events LEFT JOIN airports ON code = place", {}};
  query.tables.push_back(&table);
  auto engine = Engine::open(query, {});
  REQUIRE_MESSAGE(engine.ok(), engine.error().message);
  return *std::move(engine);
}

std::string look(Engine& engine, const std::string& code) {
  Output output;
  const std::string record = cat(R"({"n":1,"place":")", code, "\"}");
  REQUIRE(engine.run(std::vector<std::string_view>{record}, output).ok());
  REQUIRE(output.size() == 1);
  return std::string(output[0].value);
}

std::string named(const std::string& name) {
  return cat(R"({"n":1,"name":)", name, "}");
}

}  // namespace

TEST_CASE("a table holds the last record of each key - and an engine sees each change") {
  Table table = airports();
  Engine engine = engine_over(table);
  CHECK(look(engine, "JFK") == named("null"));
  REQUIRE(table.put("JFK", airport("JFK", "old")).ok());
  CHECK(look(engine, "JFK") == named("\"old\""));
  REQUIRE(table.put("JFK", airport("JFK", kLong)).ok());
  CHECK(look(engine, "JFK") == named(cat("\"", kLong, "\"")));
  CHECK(table.rows() == 1);
  REQUIRE(table.put("JFK", std::nullopt).ok());
  REQUIRE(table.put("never seen", std::nullopt).ok());
  CHECK(look(engine, "JFK") == named("null"));
  CHECK(table.rows() == 0);
  CHECK(table.bytes() == 0);
}

TEST_CASE("a record that cannot be a row is refused by reason and changes nothing") {
  Table table = airports();
  REQUIRE(table.put("JFK", airport("JFK", "good")).ok());
  const auto reason = [&](std::optional<std::string_view> key, std::optional<std::string_view> value) {
    const auto put = table.put(key, value);
    return put ? std::string() : put.error().reason;
  };
  CHECK(reason(std::nullopt, airport("JFK", "bad")) == "MissingField");
  CHECK(reason(std::nullopt, std::nullopt) == "MissingField");
  CHECK(reason("LAX", airport("JFK", "bad")) == "KeyMismatch");
  CHECK(reason("JFK", "{") == "Malformed");
  CHECK(reason("JFK", "") == "Malformed");
  CHECK(reason("JFK", R"({"code":"JFK","alt":"high"})") == "WrongType");
  CHECK(reason("JFK", R"({"name":"bad"})") == "MissingField");
  Engine engine = engine_over(table);
  CHECK(look(engine, "JFK") == named("\"good\""));
  CHECK(table.rows() == 1);
}

TEST_CASE("the bytes of a table follow its rows") {
  Table table = airports();
  REQUIRE(table.put("JFK", airport("JFK", "short")).ok());
  const std::size_t one = table.bytes();
  REQUIRE(table.put("JFK", airport("JFK", kLong)).ok());
  CHECK(table.bytes() == one + std::string_view(kLong).size());
  REQUIRE(table.put("LAX", airport("LAX", "short")).ok());
  CHECK(table.bytes() == 2 * one + std::string_view(kLong).size());
  table.clear();
  CHECK(table.bytes() == 0);
  CHECK(table.rows() == 0);
}

TEST_CASE("records keep their order and each its row when a batch is larger than DuckDB's vectors") {
  Table table = airports();
  for (int n = 0; n < 5000; n += 2) {
    const std::string code = cat("c", std::to_string(n));
    REQUIRE(table.put(code, airport(code, cat("name ", std::to_string(n), " ", kLong))).ok());
  }
  Engine engine = engine_over(table);
  std::vector<std::string> records;
  for (int n = 0; n < 9000; ++n)
    records.push_back(cat(R"({"n":)", std::to_string(n), R"(,"place":"c)", std::to_string(n), "\"}"));
  Output output;
  REQUIRE(engine.run(std::vector<std::string_view>(records.begin(), records.end()), output).ok());
  REQUIRE(output.size() == 9000);
  for (int n = 0; n < 9000; ++n) {
    const std::string name = n % 2 == 0 && n < 5000 ? cat("\"name ", std::to_string(n), " ", kLong, "\"") : "null";
    CHECK(output[static_cast<std::size_t>(n)].value == cat(R"({"n":)", std::to_string(n), R"(,"name":)", name, "}"));
  }
  CHECK(output.taken() == 9000);
  CHECK(output.returned() == 9000);
  CHECK(output.nulls() == std::vector<std::int64_t>{0, 0});
}
