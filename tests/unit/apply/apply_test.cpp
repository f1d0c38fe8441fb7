#include "worker/apply/apply.h"

#include <doctest/doctest.h>

#include <sstream>

using namespace tidegate;

namespace {

const char* const kRequest =
    R"({"topic":"payments","fields":[{"name":"id","type":"BIGINT","required":true},{"name":"amount","type":"DOUBLE"}],
        "query":"SELECT id, amount * 2 AS twice FROM payments WHERE amount > 1"})";

struct Run {
  Result<Applied> applied;
  std::string rows;
  std::string rejected;
};

Run run(const std::string& lines, const char* request = kRequest) {
  std::istringstream in(lines);
  std::ostringstream rows;
  std::ostringstream rejected;
  auto applied = apply(*Json::parse(request), in, rows, rejected);
  return {std::move(applied), rows.str(), rejected.str()};
}

}  // namespace

TEST_CASE("rows come in the order of their records") {
  const Run done = run("{\"id\": 1, \"amount\": 2}\r\n\n{\"id\":2,\"amount\":1}\n{\"id\":3,\"amount\":1.5}");
  REQUIRE(done.applied.ok());
  CHECK(done.rows == "{\"id\":1,\"twice\":4}\n{\"id\":3,\"twice\":3}\n");
  CHECK(done.applied->records == 3);
  CHECK(done.applied->rows == 2);
  CHECK(done.rejected.empty());
}

TEST_CASE("what a processor would send to its dead letters is named by its line in the file") {
  const Run done = run("{\"id\":1,\"amount\":2}\n\nnot json\n{\"amount\":2}\n");
  REQUIRE(done.applied.ok());
  CHECK(done.applied->rejected == 2);
  std::istringstream lines(done.rejected);
  std::string line;
  std::getline(lines, line);
  CHECK(Json::parse(line)->get("line").as_int() == 3);
  CHECK(Json::parse(line)->get("reason").as_string() == "Malformed");
  std::getline(lines, line);
  CHECK(Json::parse(line)->get("line").as_int() == 4);
  CHECK(Json::parse(line)->get("reason").as_string() == "MissingField");
}

TEST_CASE("more records than a batch holds") {
  std::string lines;
  for (int i = 0; i < 20'000; ++i) lines += "{\"id\":" + std::to_string(i) + ",\"amount\":2}\n";
  const Run done = run(lines + "{}\n");
  REQUIRE(done.applied.ok());
  CHECK(done.applied->rows == 20'000);
  CHECK(Json::parse(done.rejected)->get("line").as_int() == 20'001);
}

TEST_CASE("a query that a processor would refuse is refused") {
  CHECK(run("", R"({"topic":"t","fields":[{"name":"a","type":"VARCHAR"}],"query":"SELECT count(*) AS n FROM t"})")
            .applied.error()
            .reason == "NotRowWise");
}
