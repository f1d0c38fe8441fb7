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

TEST_CASE("tables are read from their files first - the last row of a key counts") {
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

TEST_CASE("behind other stages no row of a file is late - because they told nothing yet") {
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

TEST_CASE("records with what lies beside their values are given whole") {
  const char* const request = R"json({"topic":"t","fields":[{"name":"k","type":"VARCHAR","from":"key"},
    {"name":"at","type":"TIMESTAMP","from":"timestamp","required":true},
    {"name":"p","type":"INTEGER","from":"partition"},{"name":"o","type":"BIGINT","from":"offset"},
    {"name":"trace","type":"VARCHAR","header":"trace-id"},
    {"name":"n","type":"DECIMAL(38,0)","path":"a.n"}],"query":"SELECT * FROM t"})json";
  const Run done = run(R"({"key":"k1","timestamp":"2013-01-31T05:00:00.5Z","partition":2,"offset":7,)"
                       R"("headers":{"trace-id":"x","other":"y"},"value":{"a":{"n":12345678901234567890123}}}
{"topic":"t","timestamp":1359608400123,"value":"{\"a\":{\"n\":1}}"}
{"key":"k2","value":{"a":{"n":1}}}
{"key":"k3","timestamp":0,"value":null}
)",
                       request);
  REQUIRE_MESSAGE(done.applied.ok(), done.applied.error().message);
  CHECK(done.rows ==
        R"({"k":"k1","at":"2013-01-31T05:00:00.5Z","p":2,"o":7,"trace":"x","n":12345678901234567890123}
{"k":null,"at":"2013-01-31T05:00:00.123Z","p":0,"o":0,"trace":null,"n":1}
)");
  CHECK(done.rejected ==
        R"json({"line":3,"message":"field \"at\" is required but not in the record","reason":"MissingField"}
{"line":4,"message":"the record has no value (a tombstone)","reason":"Malformed"}
)json");
  for (const char* line : {"nonsense", R"({"key":1,"value":{}})", R"({"timestamp":"noon","value":{}})",
                           R"({"headers":[],"value":{}})", R"({"headers":{"trace-id":1},"value":{}})"}) {
    CAPTURE(line);
    const Run refused = run(line, request);
    REQUIRE_FALSE(refused.applied.ok());
    CHECK(refused.applied.error().reason == "InvalidInput");
  }
}

TEST_CASE("the time of a window may be Kafka's") {
  const Run done =
      run(R"({"key":"a","timestamp":1000,"value":{"n":1}}
{"key":"b","timestamp":9000,"value":{"n":2}}
{"key":"a","timestamp":11000,"value":{"n":5}}
)",
          R"json({"topic":"t","fields":[{"name":"at","type":"TIMESTAMP","from":"timestamp","required":true},
    {"name":"n","type":"BIGINT"}],"query":"SELECT window_start, sum(n) AS s FROM t GROUP BY window_start",
    "window":{"tumbling":{"size":10000}},
    "eventTime":{"field":"at","maxOutOfOrder":0,"maxAhead":0},"inputKey":[]})json");
  REQUIRE_MESSAGE(done.applied.ok(), done.applied.error().message);
  CHECK(done.rows == R"({"window_start":"1970-01-01T00:00:00Z","s":3}
{"window_start":"1970-01-01T00:00:10Z","s":5}
)");
}

TEST_CASE("records of csv and text") {
  const Run csv = run("1;\"a;b\"\n2;\nx;y\n", R"json({"topic":"t","format":"csv","delimiter":";","fields":[
    {"name":"id","type":"INTEGER"},{"name":"s","type":"VARCHAR"}],"query":"SELECT id + 1 AS next, s FROM t"})json");
  CHECK(csv.rows == "{\"next\":2,\"s\":\"a;b\"}\n{\"next\":3,\"s\":null}\n");
  CHECK(Json::parse(csv.rejected)->get("reason").as_string() == "WrongType");
  const Run text = run("GET /a 200\nGET /b 404\n", R"json({"topic":"t","format":"text","fields":[
    {"name":"line","type":"VARCHAR"}],
    "query":"SELECT split_part(line, ' ', 2) AS path FROM t WHERE line LIKE '%404'"})json");
  CHECK(text.rows == "{\"path\":\"/b\"}\n");
}

TEST_CASE("a JSON field is text to SQL") {
  const Run done = run(R"({"items":[{"id": 7}, {"id": 8}]})",
                       R"json({"topic":"t","fields":[{"name":"items","type":"JSON"}],
    "query":"SELECT json_array_length(items) AS n, json_extract_string(items, '$[1].id') AS b, items FROM t"})json");
  REQUIRE_MESSAGE(done.applied.ok(), done.applied.error().message);
  CHECK(done.rows == R"({"n":2,"b":"8","items":"[{\"id\": 7}, {\"id\": 8}]"})"
                     "\n");
}

TEST_CASE("sessions over a file come out when they close - the last ones at its end") {
  const Run done = run(
      R"({"visitor": "a", "ts": "2026-01-01T10:00:00Z"}
{"visitor": "b", "ts": "2026-01-01T10:04:00Z"}
{"visitor": "a", "ts": "2026-01-01T10:09:59Z"}
{"visitor": "a", "ts": "2026-01-01T10:30:00Z"}
{"visitor": "a", "ts": "2026-01-01T10:29:59Z"}
)",
      R"({"topic": "clicks", "fields": [{"name": "visitor", "type": "VARCHAR", "required": true},
                                        {"name": "ts", "type": "TIMESTAMP", "required": true}],
          "query": "SELECT visitor, window_start, window_end, count(*) AS n FROM clicks GROUP BY visitor, window_start, window_end",
          "window": {"session": {"gap": 600000, "maxDuration": 7200000}}, "inputKey": ["visitor"],
          "eventTime": {"field": "ts", "maxOutOfOrder": 0, "maxAhead": 3600000}})");
  REQUIRE_MESSAGE(done.applied.ok(), done.applied.error().message);
  const auto row = [](const char* visitor, const char* start, const char* end, int n) {
    return std::string(R"({"visitor":")") + visitor + R"(","window_start":"2026-01-01T)" + start +
           R"(Z","window_end":"2026-01-01T)" + end + R"(Z","n":)" + std::to_string(n) + "}\n";
  };
  for (const std::string& expected : {row("a", "10:00:00", "10:19:59", 2), row("b", "10:04:00", "10:14:00", 1),
                                      row("a", "10:30:00", "10:40:00", 1)}) {
    CHECK(done.rows.find(expected) != std::string::npos);
  }
  CHECK(done.applied->rows == 3);
  CHECK(Json::parse(done.rejected)->get("reason").as_string() == "Late");
}
