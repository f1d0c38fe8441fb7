// The PostgreSQL sink against a real server.
#include "worker/sinks/postgres_sink.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <thread>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "local_service.h"
#include "worker/sinks/postgres_connection.h"

using namespace tidegate;
using namespace tidegate::sinks;
using worker_test::postgres;
using worker_test::postgres_dsn;

namespace {

constexpr Duration patience{30'000};

codec::Schema schema_of(const std::string& fields) {
  return codec::Schema::from_json(Json::parse(fields).value()).value();
}

const char* const kv_fields = R"([{"name":"k","type":"VARCHAR"},{"name":"v","type":"BIGINT"}])";

// A database of its own per case, a sink into it, and a second session that looks at the outcome.
class Bench {
 public:
  Bench() {
    static int number = 0;
    name_ = cat("case_", std::to_string(++number), "_", std::to_string(::getpid()));
    postgres().start();
    auto admin = PostgresConnection::connect(postgres_dsn("postgres"), "test", patience);
    REQUIRE(admin.ok());
    REQUIRE_FALSE((*admin)->execute("CREATE DATABASE " + name_, patience).has_value());
    dsn_file_ = cat("/tmp/tidegate-dsn-", name_);
    write_dsn(postgres_dsn(name_));
    connect();
  }
  ~Bench() { std::remove(dsn_file_.c_str()); }

  void write_dsn(const std::string& dsn) { std::ofstream(dsn_file_) << dsn << "\n"; }
  void connect() {
    auto session = PostgresConnection::connect(postgres_dsn(name_), "test", patience);
    REQUIRE(session.ok());
    session_ = std::move(session).value();
  }
  const std::string& database() const { return name_; }
  std::string dsn_file() const { return dsn_file_; }

  void run(const std::string& sql) {
    const auto error = session_->execute(sql, patience);
    CAPTURE(sql);
    REQUIRE_MESSAGE(!error, (error ? error->message : ""));
  }
  // Rows as "a|b", separated by a blank.
  std::string ask(const std::string& sql) {
    PostgresConnection::Rows rows;
    const auto error = session_->query(sql, {}, patience, rows);
    CAPTURE(sql);
    REQUIRE_MESSAGE(!error, (error ? error->message : ""));
    std::vector<std::string> lines;
    for (const auto& row : rows) lines.push_back(join(row, "|"));
    return join(lines, " ");
  }

  std::unique_ptr<Sink> sink(const std::string& table, std::vector<std::string> key, bool create,
                             const std::string& fields = kv_fields) {
    auto made = make_postgres_sink({table, std::move(key), create, dsn_file_}, schema_of(fields), "tidegate/test/sink");
    REQUIRE(made.ok());
    return std::move(made).value();
  }

 private:
  std::string name_;
  std::string dsn_file_;
  std::unique_ptr<PostgresConnection> session_;
};

void open(Sink& sink) {
  const auto opened = sink.open();
  REQUIRE_MESSAGE(opened.ok(), (opened.ok() ? "" : opened.error().message));
}

std::string problem_of_open(Sink& sink) {
  const auto opened = sink.open();
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().reason == "Waiting");
  CHECK(opened.error().message.size() <= 300);
  return opened.error().message;
}

Result<WriteOutcome> try_write(Sink& sink, const std::vector<std::string>& values) {
  std::vector<kafka::Record> records;
  for (const std::string& value : values) records.push_back({std::nullopt, value});
  return sink.write(records);
}

std::vector<Refusal> write(Sink& sink, const std::vector<std::string>& values) {
  auto outcome = try_write(sink, values);
  REQUIRE_MESSAGE(outcome.ok(), (outcome.ok() ? "" : outcome.error().message));
  return std::move(outcome)->refused;
}

std::string kv(const std::string& key, std::int64_t value) {
  return cat(R"({"k":")", key, R"(","v":)", std::to_string(value), "}");
}

// As the stage does: opens again and repeats after a failure, until it works.
std::vector<Refusal> write_persistently(Sink& sink, const std::vector<std::string>& values) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (auto outcome = try_write(sink, values)) return std::move(outcome)->refused;
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    if (!sink.open()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace

TEST_CASE("postgres_sink: key and time of the record are columns - nested JSON is jsonb") {
  Bench bench;
  auto sink =
      bench.sink("beside", {"k"}, true,
                 R"([{"name":"k","type":"VARCHAR","from":"key"},{"name":"at","type":"TIMESTAMP","from":"timestamp"},
    {"name":"o","type":"BIGINT","from":"offset"},{"name":"city","type":"VARCHAR","path":"address.city"},
    {"name":"items","type":"JSON"}])");
  open(*sink);
  kafka::Record good;
  good.key = "a";
  good.value = R"({"address":{"city":"Oslo"},"items":[{"id": 7}]})";
  good.offset = 5;
  good.timestamp_ms = 1359608400123;
  kafka::Record without_value = good;
  without_value.value.reset();
  kafka::Record without_key = good;
  without_key.key.reset();
  const auto outcome = sink->write(std::vector<kafka::Record>{good, without_value, without_key});
  REQUIRE(outcome.ok());
  REQUIRE(outcome->refused.size() == 2);
  CHECK(outcome->refused[0].reason == "Malformed");
  CHECK(outcome->refused[0].message.find("tombstone") != std::string::npos);
  CHECK(outcome->refused[1].reason == "Rejected");
  CHECK(outcome->taken == 1);
  CHECK(bench.ask("SELECT k, extract(epoch FROM at), o, city, items->0->>'id' FROM beside") ==
        "a|1359608400.123000|5|Oslo|7");
}

TEST_CASE("postgres_sink: the last row of each key wins within a batch and across batches") {
  Bench bench;
  const auto sink = bench.sink("t", {"k"}, true);
  open(*sink);
  CHECK(write(*sink, {kv("b", 1), kv("a", 2), kv("b", 3)}).empty());
  CHECK(bench.ask("SELECT k, v FROM t ORDER BY k") == "a|2 b|3");
  CHECK(write(*sink, {kv("b", 4), kv("c", 5), kv("b", 3)}).empty());
  CHECK(bench.ask("SELECT k, v FROM t ORDER BY k") == "a|2 b|3 c|5");
  CHECK(write(*sink, {R"({"k":"a"})"}).empty());
  CHECK(bench.ask("SELECT count(*) FROM t WHERE k = 'a' AND v IS NULL") == "1");
  CHECK(bench.ask("SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'tidegate/%'") ==
        "tidegate/test/sink");
}

TEST_CASE("postgres_sink: without a key rows are appended - repeated ones too") {
  Bench bench;
  const auto sink = bench.sink("t", {}, true);
  open(*sink);
  for (int i = 0; i < 2; ++i) CHECK(write(*sink, {kv("a", 1), R"({"v":2})"}).empty());
  CHECK(bench.ask("SELECT k, v FROM t ORDER BY v") == "a|1 a|1 |2 |2");
}

TEST_CASE("postgres_sink: keys only") {
  Bench bench;
  const auto sink = bench.sink("t", {"k", "v"}, true);
  open(*sink);
  CHECK(write(*sink, {kv("a", 1), kv("a", 1), kv("a", 2)}).empty());
  CHECK(write(*sink, {kv("a", 1)}).empty());
  CHECK(bench.ask("SELECT k, v FROM t ORDER BY v") == "a|1 a|2");
}

TEST_CASE("postgres_sink: every type keeps its value") {
  Bench bench;
  const auto sink = bench.sink("t", {"c"}, true, R"fields([
    {"name":"a","type":"BOOLEAN"},{"name":"b","type":"INTEGER"},{"name":"c","type":"BIGINT"},
    {"name":"d","type":"DOUBLE"},{"name":"e","type":"DECIMAL(38,10)"},{"name":"f","type":"VARCHAR"},
    {"name":"g","type":"DATE"},{"name":"h","type":"TIMESTAMP"}])fields");
  open(*sink);
  CHECK(
      write(*sink,
            {
                R"({"a":true,"b":-2147483648,"c":9223372036854775807,"d":0.1,)"
                R"("e":"1234567890123456789012345678.0123456789","f":"tab\t line\n \\N \\. \"q\" \u00e4\ud83d\ude00",)"
                R"("g":"2013-01-31","h":"2013-01-31T05:00:00.123456Z"})",
                R"({"a":false,"b":0,"c":1,"d":-1.7976931348623157e308,"e":0,"f":"","g":"0001-01-01",)"
                R"("h":"2013-01-31T05:00:00+02:00"})",
                R"({"c":2})",
            })
          .empty());
  bench.run("SET TIME ZONE 'UTC'");
  CHECK(bench.ask("SELECT a, b, d, e, f = E'tab\\t line\\n \\\\N \\\\. \"q\" \u00e4\U0001F600', g, h FROM t "
                  "WHERE c = 9223372036854775807") ==
        "t|-2147483648|0.1|1234567890123456789012345678.0123456789|t|2013-01-31|2013-01-31 05:00:00.123456+00");
  CHECK(bench.ask("SELECT a, b, d, e, f, f IS NULL, g, h FROM t WHERE c = 1") ==
        "f|0|-1.7976931348623157e+308|0.0000000000||f|0001-01-01|2013-01-31 03:00:00+00");
  CHECK(bench.ask("SELECT num_nonnulls(a, b, d, e, f, g, h) FROM t WHERE c = 2") == "0");
}

TEST_CASE("postgres_sink: names are taken as written") {
  Bench bench;
  bench.run(R"(CREATE SCHEMA "Weird ""s""")");
  const auto sink = bench.sink("Weird \"s\".Select; DROP TABLE x; --", {"User"}, true,
                               R"([{"name":"User","type":"VARCHAR"},{"name":"select","type":"BIGINT"},
                                   {"name":"größe 数","type":"BIGINT"},{"name":"a\"b'c\\","type":"VARCHAR"}])");
  open(*sink);
  CHECK(write(*sink, {R"({"User":"x","select":1,"größe 数":2,"a\"b'c\\":"3"})", R"({"User":"x","select":4})"}).empty());
  CHECK(bench.ask(R"(SELECT "User", "select", "größe 数", "a""b'c\" FROM "Weird ""s"""."Select; DROP TABLE x; --")") ==
        "x|4||");
  // A table of the same name as the sink's own temporary table is still the user's.
  const auto same = bench.sink("tidegate_batch", {"k"}, true);
  open(*same);
  CHECK(write(*same, {kv("a", 1)}).empty());
  CHECK(bench.ask("SELECT k, v FROM public.tidegate_batch") == "a|1");
}

TEST_CASE("postgres_sink: values that look like SQL stay values") {
  Bench bench;
  const auto sink = bench.sink("t", {"k"}, true);
  open(*sink);
  CHECK(write(*sink, {kv("'); DROP TABLE t; --", 1), kv("\\\\.", 2), kv("$1", 3)}).empty());
  CHECK(bench.ask("SELECT count(*) FROM t") == "3");
}

TEST_CASE("postgres_sink: exactly the refused records are reported and all others land") {
  Bench bench;
  bench.run("CREATE TABLE t (k varchar(5) PRIMARY KEY, v bigint CHECK (v < 1000), extra int DEFAULT 7)");
  const auto sink = bench.sink("t", {"k"}, false);
  open(*sink);
  std::vector<std::string> values;
  for (int i = 0; i < 200; ++i) values.push_back(kv(cat("k", std::to_string(i)), i));
  values[3] = kv("longer than five", 3);
  values[77] = kv("k77", 5000);
  values[78] = kv("k77", 6000);
  values[120] = R"({"v":1})";
  values[121] = R"({"k":"n\u0000l","v":1})";
  values[122] = "not json";
  values[123] = R"({"k":"x","v":"abc"})";
  values[199] = kv("k0", 1001);  // its predecessor of the same key must land all the same
  const auto refused = write(*sink, values);
  std::vector<std::size_t> indexes;
  for (const Refusal& refusal : refused) indexes.push_back(refusal.index);
  CHECK(indexes == std::vector<std::size_t>{3, 77, 78, 120, 121, 122, 123, 199});
  REQUIRE(refused.size() == 8);
  CHECK(refused[0].reason == "Rejected");
  CHECK(refused[0].message.find("22001") != std::string::npos);
  CHECK(refused[0].message.find("value too long") != std::string::npos);
  CHECK(refused[1].message.find("23514") != std::string::npos);
  CHECK(refused[3].message.find("null") != std::string::npos);
  CHECK(refused[4].message.find("22021") != std::string::npos);
  CHECK(refused[5].reason == "Malformed");
  CHECK(refused[6].reason == "WrongType");
  CHECK(bench.ask("SELECT count(*), sum(v), min(extra) FROM t") ==
        "192|" + std::to_string(199 * 200 / 2 - 3 - 77 - 78 - 120 - 121 - 122 - 123 - 199) + "|7");
  CHECK(bench.ask("SELECT v FROM t WHERE k = 'k0'") == "0");
}

TEST_CASE("postgres_sink: refusals are isolated without a key and by constraints that speak at commit only") {
  Bench bench;
  bench.run(
      "CREATE TABLE known (id bigint PRIMARY KEY); INSERT INTO known VALUES (1), (2);"
      "CREATE TABLE t (k text UNIQUE, v bigint REFERENCES known DEFERRABLE INITIALLY DEFERRED)");
  const auto sink = bench.sink("t", {}, false);
  open(*sink);
  const auto refused = write(*sink, {kv("a", 1), kv("b", 9), kv("c", 2), kv("a", 2)});
  REQUIRE(refused.size() == 2);
  CHECK(refused[0].index == 1);
  CHECK(refused[0].message.find("23503") != std::string::npos);
  CHECK(refused[1].index == 3);
  CHECK(refused[1].message.find("23505") != std::string::npos);
  CHECK(bench.ask("SELECT k, v FROM t ORDER BY k") == "a|1 c|2");
  CHECK(write(*sink, {kv("d", 1)}).empty());
}

TEST_CASE("postgres_sink: a large batch of nothing but refused records ends") {
  Bench bench;
  bench.run("CREATE TABLE t (k text PRIMARY KEY, v bigint CHECK (v < 0))");
  const auto sink = bench.sink("t", {"k"}, false);
  open(*sink);
  std::vector<std::string> values;
  for (int i = 0; i < 3000; ++i) values.push_back(kv(std::to_string(i), i));
  CHECK(write(*sink, values).size() == values.size());
  CHECK(bench.ask("SELECT count(*) FROM t") == "0");
}

TEST_CASE("postgres_sink: keys that only the column's type finds equal are one row") {
  Bench bench;
  bench.run("CREATE TABLE t (k numeric PRIMARY KEY, v bigint)");
  const auto sink = bench.sink("t", {"k"}, false);
  open(*sink);
  CHECK(write(*sink, {kv("1.0", 1), kv("1.00", 2), kv("1", 3)}).empty());
  CHECK(bench.ask("SELECT v FROM t") == "3");
}

TEST_CASE("postgres_sink: an unfit table is explained with what to run and heals when it was run") {
  Bench bench;
  const auto heal = [&](const std::string& problem) {
    const auto at = problem.find("run: ");
    REQUIRE(at != std::string::npos);
    bench.run(problem.substr(at + 5));
  };
  const auto sink = bench.sink("public.t", {"k"}, false);
  SUBCASE("missing table") {
    const std::string problem = problem_of_open(*sink);
    CHECK(problem.find("PostgreSQL: table \"public\".\"t\" does not exist") == 0);
    heal(problem);
  }
  SUBCASE("missing columns") {
    bench.run("CREATE TABLE t (\"K\" text)");
    const std::string problem = problem_of_open(*sink);
    CHECK(problem.find("lacks columns") != std::string::npos);
    heal(problem);
    heal(problem_of_open(*sink));  // and then the index
  }
  SUBCASE("missing unique index") {
    bench.run(
        "CREATE TABLE t (k text, v bigint, w int UNIQUE, UNIQUE (k, v), UNIQUE (v) DEFERRABLE);"
        "CREATE INDEX ON t (k); CREATE UNIQUE INDEX ON t (k) WHERE v > 0; CREATE UNIQUE INDEX ON t (lower(k))");
    const std::string problem = problem_of_open(*sink);
    CHECK(problem ==
          "PostgreSQL: table \"public\".\"t\" has no unique index on exactly the key; run: CREATE UNIQUE INDEX ON "
          "\"public\".\"t\" (\"k\")");
    heal(problem);
  }
  SUBCASE("column that nobody fills") {
    bench.run("CREATE TABLE t (k text PRIMARY KEY, v bigint, w int NOT NULL)");
    heal(problem_of_open(*sink));
  }
  open(*sink);
  CHECK(write(*sink, {kv("a", 1)}).empty());
  CHECK(bench.ask("SELECT k, v FROM t") == "a|1");
}

TEST_CASE("postgres_sink: an index that includes other columns covers the key") {
  Bench bench;
  bench.run("CREATE TABLE t (v bigint, k text); CREATE UNIQUE INDEX ON t (k) INCLUDE (v)");
  const auto sink = bench.sink("t", {"k"}, true);
  open(*sink);
  CHECK(write(*sink, {kv("a", 1), kv("a", 2)}).empty());
  CHECK(bench.ask("SELECT k, v FROM t") == "a|2");
}

TEST_CASE("postgres_sink: what the role may not do waits and heals") {
  Bench bench;
  bench.run("CREATE TABLE t (k text PRIMARY KEY, v bigint)");
  bench.run(cat("CREATE ROLE ", bench.database(), " LOGIN; GRANT SELECT ON t TO ", bench.database()));
  bench.write_dsn(postgres_dsn(bench.database(), bench.database()));
  const auto sink = bench.sink("t", {"k"}, false);
  open(*sink);
  const auto written = try_write(*sink, {kv("a", 1)});
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().reason == "Waiting");
  CHECK(written.error().message == "PostgreSQL: permission denied for table t");
  bench.run("GRANT INSERT, UPDATE ON t TO " + bench.database());
  open(*sink);
  CHECK(write(*sink, {kv("a", 1)}).empty());
}

TEST_CASE("postgres_sink: a read-only server waits") {
  Bench bench;
  bench.run("CREATE TABLE t (k text PRIMARY KEY, v bigint)");
  bench.run(cat("ALTER DATABASE ", bench.database(), " SET default_transaction_read_only = on"));
  const auto sink = bench.sink("t", {}, false);
  open(*sink);
  const auto written = try_write(*sink, {kv("a", 1)});
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().reason == "Waiting");
  CHECK(written.error().message.find("read-only") != std::string::npos);
}

TEST_CASE("postgres_sink: a rotated connection string is used on the next open") {
  Bench bench;
  bench.write_dsn("postgresql://nobody_here:hunter2@127.0.0.1:" + postgres().port() + "/" + bench.database());
  const auto sink = bench.sink("t", {"k"}, true);
  const std::string problem = problem_of_open(*sink);
  CHECK(problem.find("nobody_here") != std::string::npos);
  CHECK(problem.find("hunter2") == std::string::npos);
  bench.write_dsn(postgres_dsn(bench.database()));
  open(*sink);
  CHECK(write(*sink, {kv("a", 1)}).empty());
}

TEST_CASE("postgres_sink: a column that changes its type under way heals") {
  Bench bench;
  const auto sink = bench.sink("t", {"k"}, true);
  open(*sink);
  CHECK(write(*sink, {kv("a", 1)}).empty());
  bench.run("ALTER TABLE t ALTER COLUMN v TYPE text");
  CHECK(write_persistently(*sink, {kv("b", 2)}).empty());
  CHECK(bench.ask("SELECT k, v FROM t ORDER BY k") == "a|1 b|2");
}

TEST_CASE("postgres_sink: writers of the same keys do not fail on deadlocks") {
  Bench bench;
  bench.run("CREATE TABLE t (k text PRIMARY KEY, v bigint)");
  std::vector<std::string> forward;
  for (int i = 0; i < 500; ++i) forward.push_back(kv(std::to_string(i), i));
  const std::vector<std::string> backward(forward.rbegin(), forward.rend());
  std::atomic<int> failures{0};
  const auto writer = [&](const std::vector<std::string>& values) {
    auto made = make_postgres_sink({"t", {"k"}, false, bench.dsn_file()}, schema_of(kv_fields), "test");
    if (!made || !(*made)->open()) return void(++failures);
    for (int round = 0; round < 20; ++round) failures += !try_write(**made, values).ok();
  };
  std::thread first(writer, std::cref(forward));
  std::thread second(writer, std::cref(backward));
  first.join();
  second.join();
  CHECK(failures == 0);
  CHECK(bench.ask("SELECT count(*) FROM t") == "500");
}

TEST_CASE("postgres_sink: the loser of a deadlock tries again") {
  Bench bench;
  bench.run("CREATE TABLE t (k text PRIMARY KEY, v bigint); INSERT INTO t VALUES ('a', 0), ('b', 0)");
  // The victim is the one whose deadlock_timeout ends first; the other session must not be it.
  bench.run("SET deadlock_timeout = '60s'; BEGIN; UPDATE t SET v = 9 WHERE k = 'b'");
  const auto sink = bench.sink("t", {"k"}, false);
  open(*sink);
  std::thread other([&] {
    auto watcher = PostgresConnection::connect(postgres_dsn(bench.database()), "test", patience);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    PostgresConnection::Rows waiting;
    while (waiting.empty() && std::chrono::steady_clock::now() < deadline) {
      (void)(*watcher)->query("SELECT 1 FROM pg_locks WHERE NOT granted", {}, patience, waiting);
    }
    bench.run("UPDATE t SET v = 9 WHERE k = 'a'; COMMIT");
  });
  const auto outcome = try_write(*sink, {kv("a", 1), kv("b", 1)});
  other.join();
  CHECK(outcome.ok());
  CHECK(bench.ask("SELECT k, v FROM t ORDER BY k") == "a|1 b|1");
}

TEST_CASE("postgres_sink: nothing is lost while the server restarts and crashes") {
  Bench bench;
  const auto sink = bench.sink("t", {"k"}, true);
  open(*sink);
  std::int64_t next = 0;
  const auto batch = [&] {
    std::vector<std::string> values;
    for (int i = 0; i < 500; ++i, ++next) values.push_back(kv(std::to_string(next), next));
    return values;
  };
  CHECK(write(*sink, batch()).empty());
  for (const bool crash : {false, true}) {
    crash ? postgres().crash() : postgres().stop();
    const auto written = try_write(*sink, {kv("x", 1)});
    REQUIRE_FALSE(written.ok());
    CHECK(written.error().reason == "Waiting");
    CHECK(problem_of_open(*sink) == "PostgreSQL: connection refused");
    std::thread starting([] { postgres().start(); });
    CHECK(write_persistently(*sink, batch()).empty());
    starting.join();
  }
  bench.connect();
  CHECK(bench.ask("SELECT count(*), count(DISTINCT v), max(v) FROM t") == "1500|1500|1499");
}

TEST_CASE("postgres_sink: a lock that nobody releases is given up within seconds") {
  Bench bench;
  const auto sink = bench.sink("t", {"k"}, true);
  open(*sink);
  bench.run("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
  const auto started = std::chrono::steady_clock::now();
  const auto written = try_write(*sink, {kv("a", 1)});
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(10));
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().reason == "Waiting");
  CHECK(written.error().message.find("lock timeout") != std::string::npos);
  bench.run("COMMIT");
  CHECK(write_persistently(*sink, {kv("a", 1)}).empty());
}

TEST_CASE("postgres_sink: a large load") {
  Bench bench;
  const auto sink = bench.sink("t", {"k"}, true,
                               R"([{"name":"k","type":"BIGINT"},{"name":"card","type":"VARCHAR"},
                                   {"name":"amount","type":"DOUBLE"},{"name":"ts","type":"TIMESTAMP"}])");
  open(*sink);
  const auto started = std::chrono::steady_clock::now();
  std::vector<std::string> values;
  for (int i = 0; i < 336'000; ++i) {
    values.push_back(cat(R"({"k":)", std::to_string(i), R"(,"card":"card-)", std::to_string(i % 1000),
                         R"(","amount":12.5,"ts":"2026-01-02T03:04:05Z"})"));
    if (values.size() < 10'000 && i != 335'999) continue;
    CHECK(write(*sink, values).empty());
    values.clear();
  }
  MESSAGE("336,000 rows in ",
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started).count(),
          " ms");
  CHECK(bench.ask("SELECT count(*), sum(amount) FROM t") == "336000|4200000");
}
