// Runs the cases of tests/sql (see its README.md).
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "common/base/text.h"
#include "tests/paths.h"
#include "tests/unit/engine/stride.h"
#include "worker/engine/engine.h"
#include "worker/engine/table.h"

using namespace tidegate;
using namespace tidegate::engine;

namespace {

struct SqlCase {
  std::string name;
  Json body;
};

std::vector<SqlCase> load() {
  std::vector<SqlCase> cases;
  for (const auto& entry : std::filesystem::directory_iterator(source_path("tests/sql"))) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream in(entry.path());
    const auto file = Json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
    REQUIRE_MESSAGE(file.ok(), entry.path().string());
    for (Json body : file->get("cases").items()) {
      for (const auto& [key, value] : file->get("defaults").members()) {
        if (body.members().count(key) == 0) body[key] = value;
      }
      cases.push_back({cat(entry.path().stem().string(), ": ", body.get("name").as_string()), body});
    }
  }
  return cases;
}

// The case's tables with their rows.
std::vector<Table> tables_of(const Json& body) {
  auto tables = tables_from_json(body.get("tables"));
  REQUIRE(tables.ok());
  for (std::size_t t = 0; t < tables->size(); ++t) {
    for (const Json& row : body.get("tables").items()[t].get("rows").items())
      REQUIRE((*tables)[t].put(row.dump()).ok());
  }
  return *std::move(tables);
}

Query query_of(const Json& body, const std::vector<Table>& tables) {
  auto fields = codec::Schema::from_json(body.get("fields"));
  REQUIRE(fields.ok());
  Query query{body.get("topic").as_string(), *fields, body.get("query").as_string(), body.get("key").strings()};
  for (const Table& table : tables) query.tables.push_back(&table);
  return query;
}

void check_refusal(const Json& body) {
  const Json& refused = body.get("refused");
  std::optional<std::size_t> position;
  const std::vector<Table> tables = tables_of(body);
  const auto opened = Engine::open(query_of(body, tables), {}, &position);
  REQUIRE_FALSE(opened.ok());
  CAPTURE(opened.error().message);
  CHECK(opened.error().reason == refused.get("reason").as_string());
  for (const std::string& part : refused.get("says").strings())
    CHECK(opened.error().message.find(part) != std::string::npos);
  if (!refused.has("at")) return;
  REQUIRE(position.has_value());
  CHECK(body.get("query").as_string().substr(*position).find(refused.get("at").as_string()) == 0);
}

// Everything a run gives, as text that can be compared.
struct Outcome {
  std::vector<std::string> values;
  std::vector<std::string> keys;
  std::vector<std::string> failures;
  bool operator==(const Outcome&) const = default;
};

Outcome run(Engine& engine, const std::vector<std::string>& input, std::size_t batch) {
  Outcome outcome;
  Output output;
  for (std::size_t from = 0; from < input.size() || from == 0; from += batch) {
    const std::size_t count = std::min(batch, input.size() - from);
    const std::vector<std::string_view> records(input.begin() + static_cast<std::ptrdiff_t>(from),
                                                input.begin() + static_cast<std::ptrdiff_t>(from + count));
    const auto done = engine.run(records, output);
    REQUIRE_MESSAGE(done.ok(), done.error().message);
    for (std::size_t i = 0; i < output.size(); ++i) {
      outcome.values.emplace_back(output[i].value);
      outcome.keys.push_back(output[i].key ? cat("key ", *output[i].key) : "null");
    }
    for (const Failure& failure : output.failures()) {
      outcome.failures.push_back(cat(std::to_string(from + failure.record), " ", failure.reason, " ", failure.message));
    }
  }
  return outcome;
}

void check_output(const Json& body, const Outcome& outcome) {
  const auto& expected = body.get("output").items();
  REQUIRE(outcome.values.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i].is_string())
      CHECK(outcome.values[i] == expected[i].as_string());
    else
      CHECK(*Json::parse(outcome.values[i]) == expected[i]);
  }
  const auto& keys = body.get("keys").items();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    CHECK(outcome.keys[i] == (keys[i].is_null() ? "null" : cat("key ", keys[i].as_string())));
  }
  const auto& failures = body.get("failures").items();
  REQUIRE(outcome.failures.size() == failures.size());
  for (std::size_t i = 0; i < failures.size(); ++i) {
    const std::string head =
        cat(std::to_string(failures[i].get("record").as_int()), " ", failures[i].get("reason").as_string(), " ");
    CHECK(outcome.failures[i].substr(0, head.size()) == head);
    CHECK(outcome.failures[i].find(failures[i].get("says").as_string()) != std::string::npos);
  }
}

void check_accepted(const Json& body) {
  const std::vector<Table> tables = tables_of(body);
  auto opened = Engine::open(query_of(body, tables), {});
  REQUIRE_MESSAGE(opened.ok(), opened.error().message);
  const auto& columns = body.get("columns").items();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const codec::Field& field = opened->columns()[i];
    CHECK(cat(field.name, " ", field.type.name()) == columns[i].as_string());
  }
  std::vector<std::string> input;
  for (const Json& record : body.get("input").items())
    input.push_back(record.is_string() ? record.as_string() : record.dump());
  const Outcome whole = run(*opened, input, input.size() + 1);
  check_output(body, whole);
  for (const std::size_t batch : {1, 2}) {
    const Outcome again = run(*opened, input, batch);
    CAPTURE(batch);
    CHECK(join(again.values, "\n") == join(whole.values, "\n"));
    CHECK(again == whole);
  }
}

}  // namespace

TEST_CASE("the SQL cases hold whatever the batches") {
  const std::vector<SqlCase> cases = load();
  CHECK(cases.size() >= 150);
  for (std::size_t i = 0; i < cases.size(); i += test::kStride) {
    const SqlCase& c = cases[i];
    CAPTURE(c.name);
    CAPTURE(c.body.get("query").as_string());
    if (c.body.has("refused"))
      check_refusal(c.body);
    else
      check_accepted(c.body);
  }
}
