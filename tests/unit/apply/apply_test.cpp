#include "worker/apply/apply.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/base/text.h"

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

TEST_CASE("tables are read from their files first, the last row of a key counts") {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("apply_test." + std::to_string(getpid()) + ".ndjson")).string();
  const auto with_rows = [&](const std::string& rows) {
    std::ofstream(path) << rows;
    const std::string request =
        cat(R"({"topic":"payments","fields":[{"name":"id","type":"BIGINT"},{"name":"card","type":"VARCHAR"}],)",
            R"("tables":[{"topic":"cards","key":["card"],"file":")", path,
            R"(","fields":[{"name":"card","type":"VARCHAR"},)", R"({"name":"owner","type":"VARCHAR"}]}],)",
            R"("query":"SELECT id, owner FROM payments p LEFT JOIN cards c ON c.card = p.card"})");
    return run("{\"id\":1,\"card\":\"a\"}\n{\"id\":2,\"card\":\"b\"}\n", request.c_str());
  };
  CHECK(with_rows("{\"card\":\"a\",\"owner\":\"old\"}\n\n{\"card\":\"a\",\"owner\":\"new\"}\n").rows ==
        "{\"id\":1,\"owner\":\"new\"}\n{\"id\":2,\"owner\":null}\n");
  CHECK(with_rows("").rows == "{\"id\":1,\"owner\":null}\n{\"id\":2,\"owner\":null}\n");
  const auto bad = with_rows("{\"card\":\"a\"}\n{\"card\":1}\n");
  REQUIRE_FALSE(bad.applied.ok());
  CHECK(bad.applied.error().message.find(".ndjson:2: ") != std::string::npos);
  std::filesystem::remove(path);
  CHECK_FALSE(run("", R"({"topic":"p","fields":[{"name":"c","type":"VARCHAR"}],"query":"SELECT c FROM p",
    "tables":[{"topic":"t","key":["c"],"file":"/nowhere","fields":[{"name":"c","type":"VARCHAR"}]}]})")
                  .applied.ok());
}

TEST_CASE("behind other stages no row of a file is late, because they told nothing yet") {
  const char* const request =
      R"({"topic":"sums","fields":[{"name":"at","type":"TIMESTAMP"},{"name":"n","type":"BIGINT"}],
    "query":"SELECT window_start, sum(n) AS n FROM sums GROUP BY window_start", "window": {"tumbling": {"size": 60000}},
    "eventTime": {"field": "at", "maxOutOfOrder": 0, "maxAhead": 0, "written": true}, "inputKey": []})";
  const std::string rows =
      "{\"at\":\"2026-01-01T00:00:00Z\",\"n\":1}\n{\"at\":\"2026-01-01T00:05:00Z\",\"n\":2}\n"
      "{\"at\":\"2026-01-01T00:00:30Z\",\"n\":3}\n";
  const Run done = run(rows, request);
  REQUIRE(done.applied.ok());
  CHECK(done.rejected.empty());
  CHECK(done.rows ==
        "{\"window_start\":\"2026-01-01T00:00:00Z\",\"n\":4}\n{\"window_start\":\"2026-01-01T00:05:00Z\",\"n\":2}\n");
}
