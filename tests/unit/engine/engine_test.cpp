#include "worker/engine/engine.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "common/base/text.h"

using namespace tidegate;
using namespace tidegate::engine;

namespace {

codec::Schema fields() {
  return *codec::Schema::from_json(
      *Json::parse(R"([{"name":"id","type":"BIGINT","required":true},{"name":"text","type":"VARCHAR"}])"));
}

Engine open(const std::string& sql, const Options& options = {}) {
  auto engine = Engine::open({"t", fields(), sql, {}}, options);
  REQUIRE_MESSAGE(engine.ok(), engine.error().message);
  return std::move(*engine);
}

std::vector<std::string_view> views(const std::vector<std::string>& records) {
  return {records.begin(), records.end()};
}

std::size_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  in >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

TEST_CASE("batches larger than a vector keep the order of the records") {
  Engine engine = open("SELECT id, text FROM t WHERE id % 3 <> 0");
  std::vector<std::string> records;
  for (int i = 0; i < 10000; ++i) {
    records.push_back(
        i % 1000 == 7 ? "broken"
                      : cat(R"({"id":)", std::to_string(i), R"(,"text":"some longer text )", std::to_string(i), "\"}"));
  }
  Output output;
  REQUIRE(engine.run(views(records), output).ok());
  std::size_t row = 0;
  std::size_t failure = 0;
  for (int i = 0; i < 10000; ++i) {
    if (i % 1000 == 7) {
      REQUIRE(output.failures()[failure++].record == static_cast<std::size_t>(i));
    } else if (i % 3 != 0) {
      const std::string number = std::to_string(i);
      REQUIRE(output[row++].value == cat(R"({"id":)", number, R"(,"text":"some longer text )", number, "\"}"));
    }
  }
  CHECK(row == output.size());
  CHECK(failure == output.failures().size());
}

TEST_CASE("a whole vector of bad records does not end the batch") {
  Engine engine = open("SELECT id FROM t");
  std::vector<std::string> records(5000, "broken");
  records.push_back(R"({"id":1})");
  Output output;
  REQUIRE(engine.run(views(records), output).ok());
  CHECK(output.failures().size() == 5000);
  REQUIRE(output.size() == 1);
  CHECK(output[0].value == R"({"id":1})");
}

TEST_CASE("bisection finds culprits in a large batch and keeps the order") {
  Engine engine = open("SELECT id, CAST(text AS INTEGER) AS number FROM t");
  std::vector<std::string> records;
  for (int i = 0; i < 5000; ++i) {
    records.push_back(
        cat(R"({"id":)", std::to_string(i), R"(,"text":")", i == 2 || i == 2500 || i == 4999 ? "bad" : "5", "\"}"));
  }
  Output output;
  REQUIRE(engine.run(views(records), output).ok());
  REQUIRE(output.failures().size() == 3);
  CHECK(output.failures()[0].record == 2);
  CHECK(output.failures()[1].record == 2500);
  CHECK(output.failures()[2].record == 4999);
  CHECK(output.failures()[1].reason == "QueryFailed");
  REQUIRE(output.size() == 4997);
  CHECK(output[2].value == R"({"id":3,"number":5})");
  CHECK(output[4996].value == R"({"id":4998,"number":5})");
}

TEST_CASE("out of memory is the engine's fault and no record is blamed") {
  Engine engine = open("SELECT lpad(text, 40000000, 'x') AS padded FROM t", {"32MB"});
  const std::vector<std::string> records = {R"({"id":1,"text":"a"})", R"({"id":2,"text":"b"})"};
  Output output;
  const auto done = engine.run(views(records), output);
  REQUIRE_FALSE(done.ok());
  CHECK(done.error().reason == "EngineFailed");
  CHECK(output.failures().empty());
}

TEST_CASE("memory does not grow with the number of batches") {
  Engine engine =
      open("SELECT id, upper(text) AS text, CAST(id AS VARCHAR) || text AS both FROM t WHERE id > 0", {"64MB"});
  std::vector<std::string> records;
  for (int i = 0; i < 20; ++i)
    records.push_back(
        cat(R"({"id":)", std::to_string(i), R"(,"text":"a text of some length \n )", std::to_string(i), "\"}"));
  const auto batch = views(records);
  Output output;
  for (int i = 0; i < 500; ++i) REQUIRE(engine.run(batch, output).ok());
  const std::size_t before = resident_bytes();
  for (int i = 0; i < 10'000; ++i) REQUIRE(engine.run(batch, output).ok());
  CHECK(resident_bytes() < before + 8 * 1024 * 1024);
}

TEST_CASE("engines stand side by side and can be moved") {
  Engine a = open("SELECT id FROM t");
  Engine b = open("SELECT text FROM t");
  Engine c = std::move(a);
  const std::vector<std::string> records = {R"({"id":1,"text":"x"})"};
  Output output;
  REQUIRE(b.run(views(records), output).ok());
  CHECK(output[0].value == R"({"text":"x"})");
  REQUIRE(c.run(views(records), output).ok());
  CHECK(output[0].value == R"({"id":1})");
}
