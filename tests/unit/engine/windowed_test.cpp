// Runs the cases of tests/sql/windowed: what comes out of windows as a stream is what DuckDB gives for all rows at
// once.
#include "worker/engine/windowed.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "common/base/text.h"
#include "kafka/murmur2.h"
#include "tests/paths.h"
#include "tests/unit/engine/stride.h"
#include "worker/codec/calendar.h"
#include "worker/engine/database.h"
#include "worker/engine/input.h"
#include "worker/engine/result_writer.h"

using namespace tidegate;
using namespace tidegate::engine;

namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kBegin = 1'767'225'600 * kSecond;  // 2026-01-01
constexpr std::int64_t kOutOfOrder = 8 * kSecond;
constexpr std::size_t kEvents = 600;

const char* const kFields =
    R"json([{"name": "id", "type": "BIGINT", "required": true}, {"name": "card", "type": "VARCHAR", "required": true},
  {"name": "country", "type": "VARCHAR"}, {"name": "amount", "type": "DOUBLE"}, {"name": "cents", "type": "BIGINT"},
  {"name": "price", "type": "DECIMAL(10,2)"}, {"name": "ok", "type": "BOOLEAN"}, {"name": "note", "type": "VARCHAR"},
  {"name": "day", "type": "DATE"}, {"name": "ts", "type": "TIMESTAMP", "required": true}])json";

std::string time_text(std::int64_t time) {
  char text[codec::kTimestampBytes];
  return {text, codec::write_timestamp(time, text)};
}

struct Event {
  std::string json;
  std::string card;
  std::int64_t time = 0;
};

// About one a second over some windows, shuffled within kOutOfOrder.
std::vector<Event> events(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](unsigned n) { return static_cast<std::int64_t>(random() % n); };
  const char* const countries[] = {"DE", "FR", "US"};
  std::vector<std::pair<std::int64_t, Event>> sent;
  for (std::size_t n = 0; n < kEvents; ++n) {
    const std::int64_t time = kBegin + static_cast<std::int64_t>(n) * kSecond / 3 + below(kSecond);
    Event event{"", cat("card-", std::to_string(below(12))), time};
    Json json = Json::object({{"id", static_cast<std::int64_t>(n)},
                              {"card", event.card},
                              {"country", countries[below(3)]},
                              {"amount", static_cast<double>(below(400)) / 4},  // sums of quarters are exact
                              {"cents", below(1'000'000) * 1'000'000},
                              {"price", cat(std::to_string(below(9999)), ".", std::to_string(10 + below(90)))},
                              {"ok", below(3) == 0},
                              {"day", cat("2026-01-", std::to_string(10 + below(20)))},
                              {"ts", time_text(time)}});
    if (below(2) == 0) json["note"] = cat("n", std::to_string(below(100)));
    event.json = json.dump();
    sent.push_back({time + below(kOutOfOrder), std::move(event)});
  }
  std::stable_sort(sent.begin(), sent.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Event> out;
  for (auto& [at, event] : sent) out.push_back(std::move(event));
  return out;
}

WindowedQuery query_of(const Json& body) {
  WindowedQuery query;
  query.query = {"payments", *codec::Schema::from_json(*Json::parse(kFields)), body.get("query").as_string(), {}};
  query.window = *window::window_from_json(body.get("window"));
  query.time = {"ts", kOutOfOrder, 3600 * kSecond};
  if (!body.get("one_partition").as_bool()) query.input_key = {"card"};
  return query;
}

// A partition's log and the state of the stage that reads it.
struct Log {
  std::vector<TimedRecord> records;
  std::size_t read = 0;
  // As committed last:
  std::size_t position = 0;
  window::Progress progress;
  std::vector<std::string> uncommitted;
};

std::vector<std::string> rows_of(const Output& output) {
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < output.size(); ++i) rows.emplace_back(output[i].value);
  return rows;
}

// No record that is still to come is older.
std::int64_t least_to_come(const Log& log) {
  std::int64_t least = kBegin + 3600 * kSecond;
  for (std::size_t n = log.read; n < log.records.size(); ++n) {
    least = std::min(least, log.records[n].timestamp_ms * 1000);
  }
  return least;
}

// As a stage does it: batches of any size, from the partitions in turns, now and then a crash after which everything
// begins again at what was committed. Of a topic that stages write it is told now and then how far it is.
std::vector<std::string> streamed(const WindowedQuery& query, const std::vector<Event>& events, int partitions,
                                  unsigned seed, bool crashes, const WindowLimits& limits = {}) {
  std::mt19937 random(seed);
  std::vector<Log> logs(static_cast<std::size_t>(partitions));
  for (const Event& event : events) {
    Log& log = logs[static_cast<std::size_t>(kafka::partition_of_key(event.card, partitions))];
    log.records.push_back({event.json, static_cast<std::int64_t>(log.records.size()), event.time / 1000});
  }
  std::vector<std::string> committed;
  std::optional<WindowedEngine> engine;
  Output output;
  const auto begin = [&] {
    engine.emplace(*WindowedEngine::open(query, limits));
    for (int p = 0; p < partitions; ++p) {
      Log& log = logs[static_cast<std::size_t>(p)];
      engine->assign(p, {static_cast<std::int64_t>(log.position), log.progress, false});
      log.read = log.progress.rewind ? static_cast<std::size_t>(*log.progress.rewind) : log.position;
      log.uncommitted.clear();
    }
  };
  begin();
  for (bool left = true; left;) {
    left = false;
    for (int p = 0; p < partitions; ++p) {
      Log& log = logs[static_cast<std::size_t>(p)];
      std::size_t count = std::min<std::size_t>(1 + random() % 90, log.records.size() - log.read);
      if (log.read < log.position) count = std::min(count, log.position - log.read);
      if (count == 0) continue;
      left = true;
      const auto ran = engine->run(p, std::span(log.records).subspan(log.read, count), output);
      REQUIRE_MESSAGE(ran.ok(), ran.error().message);
      CHECK(output.failures().empty());
      if (log.read < log.position) CHECK(output.size() == 0);  // those windows are out already
      log.read += count;
      for (std::string& row : rows_of(output)) log.uncommitted.push_back(std::move(row));
      if (query.time.written) {
        CHECK(output.size() == 0);  // nothing follows from the records themselves
        if (log.read >= log.position && random() % 2 == 0) {
          REQUIRE(engine->advance(p, least_to_come(log), output).ok());
          for (std::string& row : rows_of(output)) log.uncommitted.push_back(std::move(row));
        }
      }
      if (log.read < log.position || random() % 3 == 0) continue;
      committed.insert(committed.end(), log.uncommitted.begin(), log.uncommitted.end());
      log.uncommitted.clear();
      log.position = log.read;
      log.progress = engine->progress(p);
    }
    if (crashes && left && random() % 8 == 0) begin();
  }
  for (Log& log : logs) committed.insert(committed.end(), log.uncommitted.begin(), log.uncommitted.end());
  REQUIRE(engine->flush(output).ok());
  for (std::string& row : rows_of(output)) committed.push_back(std::move(row));
  std::sort(committed.begin(), committed.end());
  return committed;
}

std::string windows_at_once(const WindowedQuery& query) {
  const std::string slide = std::to_string(query.window.slide);
  const std::string size = std::to_string(query.window.size);
  return cat("SELECT raw.*, make_timestamp(s.first * ", slide, ") AS window_start, make_timestamp(s.first * ", slide,
             " + ", size, ") AS window_end FROM raw, LATERAL (SELECT unnest(range(epoch_us(ts) // ", slide, " - ", size,
             " // ", slide, " + 1, epoch_us(ts) // ", slide, " + 1)) AS first) s");
}

// Gaps and islands, islands cut at multiples of half of maxDuration.
std::string sessions_at_once(const WindowedQuery& query) {
  const std::string slide = std::to_string(query.window.slide);
  const std::string gap = std::to_string(query.window.gap);
  const std::string key = query.input_key.empty() ? "NULL" : join(query.input_key, ", ");
  return cat("WITH gaps AS (SELECT *, epoch_us(ts) AS t, coalesce(epoch_us(ts) - epoch_us(lag(ts) OVER w) >= ", gap,
             ", true) AS begins FROM raw WINDOW w AS (PARTITION BY ", key,
             " ORDER BY ts)), "
             "islands AS (SELECT *, sum(begins::INT) OVER (PARTITION BY ",
             key,
             " ORDER BY ts) AS island FROM gaps), "
             "cuts AS (SELECT *, (min(t) OVER (PARTITION BY ",
             key, ", island) // ", slide, " + 2) * ", slide,
             " AS cut FROM islands), "
             "pieces AS (SELECT *, CASE WHEN t < cut THEN cut ELSE (t // ",
             slide, " + 1) * ", slide,
             " END AS stop FROM cuts) "
             "SELECT * EXCLUDE (t, begins, island, cut, stop), make_timestamp(min(t) OVER p) AS window_start, "
             "make_timestamp(least(max(t) OVER p + ",
             gap,
             ", stop)) AS window_end FROM pieces WINDOW p AS "
             "(PARTITION BY ",
             key, ", island, stop)");
}

// The same query over every row in every window that holds it.
std::vector<std::string> in_one_batch(const WindowedQuery& query, const std::vector<Event>& events) {
  Input input(query.query.fields);
  auto database = Database::open("256MB");
  REQUIRE(database.ok());
  REQUIRE(input.register_with(database->connection()).ok());
  std::vector<std::string_view> values;
  for (const Event& event : events) values.push_back(event.json);
  std::vector<Failure> failures;
  input.set(values, {}, 0, values.size(), failures);
  REQUIRE(database->execute(cat("CREATE TABLE raw AS SELECT * FROM ", Input::kFunction, "()")).ok());
  REQUIRE(failures.empty());
  const auto viewed = database->execute(
      cat("CREATE VIEW payments AS ", query.window.gap > 0 ? sessions_at_once(query) : windows_at_once(query)));
  REQUIRE_MESSAGE(viewed.ok(), viewed.error().message);
  Statement statement;
  const auto error = database->prepare(query.query.sql, statement);
  REQUIRE_MESSAGE(!error, error->message);
  auto writer = ResultWriter::of(statement, {});
  REQUIRE(writer.ok());
  ResultSet result;
  REQUIRE(duckdb_execute_prepared(statement.get(), &result) == DuckDBSuccess);
  Output output;
  for (;;) {
    Chunk chunk;
    chunk.get() = duckdb_fetch_chunk(result.get());
    if (chunk.get() == nullptr) break;
    REQUIRE_FALSE(writer->append(chunk.get(), output));
  }
  std::vector<std::string> rows = rows_of(output);
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::vector<Json> cases() {
  std::ifstream in(source_path("tests/sql/windowed/cases.json"));
  const auto file = Json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
  REQUIRE(file.ok());
  return {file->get("cases").items().begin(), file->get("cases").items().end()};
}

}  // namespace

// Empty when they are the same.
std::string difference(const std::vector<std::string>& actual, const std::vector<std::string>& expected) {
  std::string text;
  std::vector<std::string> missing, extra;
  std::set_difference(expected.begin(), expected.end(), actual.begin(), actual.end(), std::back_inserter(missing));
  std::set_difference(actual.begin(), actual.end(), expected.begin(), expected.end(), std::back_inserter(extra));
  for (std::size_t i = 0; i < std::min<std::size_t>(missing.size(), 3); ++i) text += cat("missing ", missing[i], "\n");
  for (std::size_t i = 0; i < std::min<std::size_t>(extra.size(), 3); ++i) text += cat("extra ", extra[i], "\n");
  return text;
}

TEST_CASE("windows as a stream give what one batch gives") {
  const std::vector<Event> sent = events(7);
  WindowLimits none_wait, few_wait;
  none_wait.waiting_bytes = 0;
  few_wait.waiting_bytes = 8192;
  few_wait.merge_rows = 5;
  int tried = 0;
  for (const Json& body : cases()) {
    if (body.has("refused") || tried++ % test::kStride != 0) continue;
    CAPTURE(body.get("name").as_string());
    const WindowedQuery query = query_of(body);
    const std::vector<std::string> expected = in_one_batch(query, sent);
    REQUIRE_FALSE(expected.empty());
    if (query.window.gap > 0) CHECK(expected.size() > 3);
    const int partitions = query.input_key.empty() ? 1 : 3;
    CHECK(difference(streamed(query, sent, 1, 1, false), expected) == "");
    CHECK(difference(streamed(query, sent, partitions, 2, true, none_wait), expected) == "");
    if (query.window.gap == 0) CHECK(difference(streamed(query, sent, partitions, 4, true, few_wait), expected) == "");
    if (tried % 3 != 0) continue;  // which query it is makes no difference here
    WindowedQuery behind = query;
    behind.time.written = true;
    CHECK(difference(streamed(behind, sent, partitions, 3, true), expected) == "");
  }
}

TEST_CASE("what comes too late is refused wherever batches are cut") {
  const std::vector<Event> sent = events(8);
  WindowedQuery query = query_of(*Json::parse(
      R"({"query": "SELECT card, window_start, count(*) AS n FROM payments GROUP BY card, window_start",
          "window": {"hopping": {"size": 20000, "slide": 5000}}})"));
  query.time.max_out_of_order = kSecond;  // far less than there is
  const auto run = [&](std::size_t batch) {
    auto engine = WindowedEngine::open(query, {});
    REQUIRE(engine.ok());
    std::vector<TimedRecord> records;
    for (const Event& event : sent) {
      records.push_back({event.json, static_cast<std::int64_t>(records.size()), event.time / 1000});
    }
    std::vector<std::string> result;
    Output output;
    for (std::size_t at = 0; at < records.size(); at += batch) {
      const auto part = std::span(records).subspan(at, std::min(batch, records.size() - at));
      REQUIRE(engine->run(0, part, output).ok());
      for (const Failure& failure : output.failures()) {
        CHECK(failure.reason == "Late");
        result.push_back(cat("late ", std::to_string(at + failure.record)));
      }
      for (std::string& row : rows_of(output)) result.push_back(std::move(row));
      CHECK(output.taken() + static_cast<std::int64_t>(output.failures().size()) ==
            static_cast<std::int64_t>(part.size()));
    }
    REQUIRE(engine->flush(output).ok());
    for (std::string& row : rows_of(output)) result.push_back(std::move(row));
    std::sort(result.begin(), result.end());
    return result;
  };
  const std::vector<std::string> whole = run(sent.size());
  CHECK(std::count_if(whole.begin(), whole.end(), [](const auto& row) { return row.starts_with("late"); }) > 20);
  CHECK(difference(run(1), whole) == "");
  CHECK(difference(run(37), whole) == "");
}

TEST_CASE("records that would spoil the windows are told") {
  const WindowedQuery query = query_of(*Json::parse(
      R"({"query": "SELECT card, count(*) AS n FROM payments GROUP BY card", "window": {"tumbling": {"size": 60000}}})"));
  auto engine = WindowedEngine::open(query, {});
  REQUIRE(engine.ok());
  const std::string good = R"({"id": 1, "card": "a", "ts": "2026-01-01T00:00:00Z"})";
  const std::string future = R"({"id": 2, "card": "a", "ts": "2026-01-01T01:00:02Z"})";
  const std::string broken = R"({"id": 3, "card": "a", "ts": "soon"})";
  const std::vector<TimedRecord> records{
      {good, 0, kBegin / 1000}, {future, 1, kBegin / 1000}, {broken, 2, kBegin / 1000}};
  Output output;
  REQUIRE(engine->run(0, records, output).ok());
  REQUIRE(output.failures().size() == 2);
  CHECK(output.failures()[0].reason == "TooFarAhead");
  CHECK(output.failures()[1].reason == "WrongType");
  CHECK(engine->progress(0).watermark == kBegin - kOutOfOrder);
  CHECK(engine->progress(0).rewind == 0);
  CHECK(engine->held().windows == 1);
  CHECK(engine->held().rows == 1);
}

namespace {

WindowLimits no_waiting() {
  WindowLimits limits;
  limits.merge_rows = 10;
  limits.waiting_bytes = 0;
  return limits;
}

// The rows that are held of so many records of two cards in one window, and what comes of them or goes wrong.
struct Folded {
  std::int64_t held = 0;
  std::vector<std::string> rows;
  Error error;
};

Folded folded(const std::string& sql, std::int64_t records, const std::string& note = "7",
              std::int64_t records_a_batch = 1, const WindowLimits& limits = no_waiting()) {
  const Json body = Json::object({{"query", sql}, {"window", *Json::parse(R"({"tumbling": {"size": 60000}})")}});
  auto engine = WindowedEngine::open(query_of(body), limits);
  REQUIRE_MESSAGE(engine.ok(), engine.error().message);
  std::vector<std::string> values;
  std::vector<TimedRecord> batch;
  for (std::int64_t n = 0; n < records; ++n) {
    values.push_back(cat(R"({"id": 1, "card": "c)", std::to_string(n % 2), R"(", "cents": )", std::to_string(n),
                         R"(, "note": ")", note, R"(", "ts": "2026-01-01T00:00:10Z"})"));
  }
  Output output;
  for (std::int64_t n = 0; n < records;) {
    batch.clear();
    for (const std::int64_t end = std::min(records, n + records_a_batch); n < end; ++n) {
      batch.push_back({values[static_cast<std::size_t>(n)], n, kBegin / 1000});
    }
    if (const auto ran = engine->run(0, batch, output); !ran) return {0, {}, ran.error()};
  }
  Folded result;
  result.held = engine->held().rows;
  const auto flushed = engine->flush(output);
  if (!flushed) result.error = flushed.error();
  result.rows = rows_of(output);
  std::sort(result.rows.begin(), result.rows.end());
  return result;
}

}  // namespace

TEST_CASE("of many rows as many partial results are kept as there are groups") {
  const Folded result = folded(
      "SELECT card, window_start AS minute, count(*) AS n, sum(p.cents) / 2 AS half, avg(cents) AS mean, max(cents) - "
      "min(cents) AS "
      "spread, count(note) FILTER (cents > 900) AS late, n * 2 AS twice FROM payments p WHERE cents < 998 GROUP BY "
      "card, minute HAVING n > 1",
      1000);
  CHECK(result.held < 40);
  CHECK(
      join(result.rows, "\n") ==
      R"({"card":"c0","minute":"2026-01-01T00:00:00Z","n":499,"half":124251,"mean":498,"spread":996,"late":48,"twice":998}
{"card":"c1","minute":"2026-01-01T00:00:00Z","n":499,"half":124500.5,"mean":499,"spread":996,"late":49,"twice":998})");
}

TEST_CASE("results are the same whether rows were grouped one by one or together") {
  for (const char* filter : {"", "FILTER (cents % 3 = 0)", "FILTER (cents < 0)", "FILTER (NULLIF(cents, 5) > 2)"}) {
    std::string sql = "SELECT card";
    for (const char* aggregate : {"count(*)", "count(NULLIF(cents, 4))", "count_if(cents > 10)", "sum(cents)",
                                  "sum(cents * 0.25)", "sum(CAST(cents AS DECIMAL(9, 2)))", "avg(NULLIF(cents, 7))",
                                  "min(note)", "max(cents)", "bool_and(cents > 3)", "bool_or(NULLIF(cents, 9) > 30)"}) {
      sql += cat(", ", aggregate, " ", filter, " AS \"", aggregate, "\"");
    }
    sql += " FROM payments GROUP BY card";
    CAPTURE(sql);
    const Folded apart = folded(sql, 40), grouped = folded(sql, 40, "7", 40);
    CHECK(apart.error.message.empty());
    CHECK(apart.rows.size() == 2);
    CHECK(apart.held < 20);    // partial results, merged
    CHECK(grouped.held == 2);  // one of each card
    CHECK(join(apart.rows, "\n") == join(grouped.rows, "\n"));
  }
}

TEST_CASE("a window whose records all fail the condition gives what it gives without partial results") {
  CHECK(folded("SELECT card, count(*) AS n FROM payments WHERE cents < 0 GROUP BY card", 25).rows.empty());
  CHECK(folded("SELECT card, window_end, count(*) AS n FROM payments WHERE cents < 0 GROUP BY card, window_end", 25)
            .rows.empty());
}

TEST_CASE("queries that need their rows keep them") {
  for (const char* sql : {"SELECT card, median(cents) AS m FROM payments GROUP BY card",
                          "SELECT card, count(DISTINCT note) AS n FROM payments GROUP BY card",
                          "SELECT card, count(*) + stddev_pop(cents) AS n FROM payments GROUP BY card",
                          "SELECT card, max(epoch_us(window_end) - cents) AS n FROM payments GROUP BY card",
                          "SELECT card, cents FROM payments"}) {
    CAPTURE(sql);
    CHECK(folded(sql, 100).held == 100);
  }
}

TEST_CASE("a value that partial results cannot take is told with its offset") {
  const std::string sql = "SELECT card, sum(CAST(note AS BIGINT)) AS n FROM payments GROUP BY card";
  CHECK(folded(sql, 100).rows.size() == 2);
  const Folded result = folded(sql, 100, "seven");
  CHECK(result.error.reason == "QueryFailed");
  CHECK(result.error.message.find("offset 0 to 0") != std::string::npos);
  CHECK(result.error.message.find("TRY_CAST") != std::string::npos);
}

TEST_CASE("rows wait until there are enough of them - and what is wrong with one is told with where they lie") {
  const std::string sql = "SELECT card, sum(CAST(note AS BIGINT)) AS n FROM payments GROUP BY card";
  WindowLimits limits;
  limits.waiting_rows = 100;
  CHECK(folded(sql, 99, "seven", 10, limits).held == 99);
  CHECK(folded(sql, 99, "seven", 10, limits).error.message.find("offset 0 to 98") != std::string::npos);  // at the end
  const Folded result = folded(sql, 200, "seven", 10, limits);
  CHECK(result.held == 0);
  CHECK(result.error.message.find("offset 0 to 99") != std::string::npos);
  CHECK(folded(sql, 150, "7", 10, limits).held == 52);  // two groups of the first 100 rows
}

TEST_CASE("texts that wait stay what they were") {
  const auto of = [](const std::string& note, const WindowLimits& limits) {
    return folded("SELECT card, max(concat(note, cents % 10)) AS m, count(note) AS n FROM payments GROUP BY card", 300,
                  note, 7, limits)
        .rows;
  };
  for (const std::size_t length : {12, 13, 100, 100'000}) {
    const std::string note(length, 'x');
    const std::vector<std::string> expected{cat(R"({"card":"c0","m":")", note, R"(8","n":150})"),
                                            cat(R"({"card":"c1","m":")", note, R"(9","n":150})")};
    CHECK(of(note, {}) == expected);
    CHECK(of(note, no_waiting()) == expected);
  }
}

TEST_CASE("the rows of sessions that are out are dropped") {
  const WindowedQuery query =
      query_of(*Json::parse(R"({"query": "SELECT card, count(*) AS n FROM payments GROUP BY card",
                       "window": {"session": {"gap": 10000, "maxDuration": 60000}}})"));
  auto engine = WindowedEngine::open(query, {});
  REQUIRE(engine.ok());
  constexpr int kCards = 40'000;
  Output output;
  for (int card = 0; card < kCards; card += 1000) {
    std::vector<std::string> values;
    std::vector<TimedRecord> records;
    for (int n = card; n < card + 1000; ++n) {
      values.push_back(cat(R"({"id": 1, "card": "c)", std::to_string(n), R"(", "ts": ")",
                           time_text(kBegin + n * kSecond / 100), "\"}"));
    }
    for (const std::string& value : values) {
      records.push_back({value, card + std::ssize(records), kBegin / 1000 + 3'600'000});
    }
    REQUIRE(engine->run(0, records, output).ok());
    CHECK(engine->held().windows <= 3000);  // of the 10 s and the maxOutOfOrder before the newest, and the batch
    CHECK(engine->held().rows <= 3000 + 16'384);
  }
  REQUIRE(engine->flush(output).ok());
  CHECK(engine->held().rows == 0);
}

TEST_CASE("what others told outlives a restart although the records do not say it") {
  WindowedQuery query = query_of(*Json::parse(
      R"({"query": "SELECT card, count(*) AS n FROM payments GROUP BY card", "window": {"tumbling": {"size": 60000}}})"));
  query.time.written = true;
  const std::string first = R"({"id": 1, "card": "a", "ts": "2026-01-01T00:00:10Z"})";
  const std::string second = R"({"id": 2, "card": "a", "ts": "2026-01-01T00:01:10Z"})";
  const std::vector<TimedRecord> records{{first, 0, kBegin / 1000}, {second, 1, kBegin / 1000}};
  auto engine = WindowedEngine::open(query, {});
  REQUIRE(engine.ok());
  Output output;
  REQUIRE(engine->run(0, records, output).ok());
  CHECK(output.size() == 0);
  CHECK(engine->progress(0).output == window::kNever);
  REQUIRE(engine->advance(0, kBegin + 60 * kSecond, output).ok());
  CHECK(rows_of(output) == std::vector<std::string>{R"({"card":"a","n":1})"});
  const window::Progress progress = engine->progress(0);
  CHECK(progress.rewind == 1);
  CHECK(progress.output == kBegin + 60 * kSecond);
  auto again = WindowedEngine::open(query, {});
  again->assign(0, {2, progress, false});
  REQUIRE(again->run(0, std::span(records).subspan(1), output).ok());
  const std::vector<TimedRecord> late{{first, 2, kBegin / 1000}};
  REQUIRE(again->run(0, late, output).ok());
  REQUIRE(output.failures().size() == 1);
  CHECK(output.failures()[0].reason == "Late");
  REQUIRE(again->advance(0, kBegin + 120 * kSecond, output).ok());
  CHECK(rows_of(output) == std::vector<std::string>{R"({"card":"a","n":1})"});
  CHECK(again->held().windows == 0);
}

TEST_CASE("a record in another partition than its key belongs to stops the stage") {
  WindowedQuery query = query_of(*Json::parse(
      R"({"query": "SELECT card, count(*) AS n FROM payments GROUP BY card", "window": {"tumbling": {"size": 60000}}})"));
  query.partition_of = [](std::string_view key) { return kafka::partition_of_key(key, 5); };
  auto engine = WindowedEngine::open(query, {});
  REQUIRE(engine.ok());
  const int home = kafka::partition_of_key("a", 5);
  const std::vector<TimedRecord> records{{R"({"id": 1, "card": "a", "ts": "2026-01-01T00:00:00Z"})", 0, kBegin / 1000}};
  Output output;
  CHECK(engine->run(home, records, output).ok());
  const auto ran = engine->run((home + 1) % 5, records, output);
  REQUIRE_FALSE(ran.ok());
  CHECK(ran.error().reason == "KeyMismatch");
  CHECK(ran.error().message.find("murmur2") != std::string::npos);
}

namespace {

// Runs records of one long window through the engine until it fails or they are through; the rows that came out.
Result<std::int64_t> held_in(const WindowLimits& limits, int thousands) {
  auto engine = WindowedEngine::open(
      query_of(*Json::parse(
          R"({"query": "SELECT card, count(*) AS n, max(note) AS m, median(id) AS i FROM payments GROUP BY card",
                                "window": {"tumbling": {"size": 86400000}}})")),
      limits);
  REQUIRE(engine.ok());
  Output output;
  std::mt19937 random(3);
  for (std::int64_t thousand = 0; thousand < thousands; ++thousand) {
    std::vector<std::string> values;
    std::vector<TimedRecord> records;
    for (std::int64_t n = thousand * 1000; n < (thousand + 1) * 1000; ++n) {
      std::string note;
      for (int i = 0; i < 25; ++i) note += std::to_string(random());  // does not shrink when compressed
      values.push_back(cat(R"({"id": 1, "card": "c)", std::to_string(n % 500), R"(", "note": ")", note, R"(", "ts": ")",
                           time_text(kBegin), "\"}"));
    }
    for (const std::string& value : values) {
      records.push_back({value, thousand * 1000 + std::ssize(records), kBegin / 1000});
    }
    if (auto ran = engine->run(0, records, output); !ran) return std::move(ran).error();
  }
  if (auto closed = engine->flush(output); !closed) return std::move(closed).error();
  return static_cast<std::int64_t>(output.size());
}

}  // namespace

TEST_CASE("rows that memory does not take go to disk - and what is too much for both is told with the remedy") {
  std::string directory = "/tmp/tidegate-windows-XXXXXX";
  REQUIRE(mkdtemp(directory.data()) != nullptr);
  constexpr int kThousands = 200;  // some 50 MB
  constexpr std::int64_t kMemory = 40 << 20;
  const auto held = [&](const std::string& where, std::int64_t disk) {
    WindowLimits limits{kMemory, where, disk, 1000};
    limits.waiting_bytes = 4 << 20;
    return held_in(limits, kThousands);
  };
  const auto spilled = held(directory, 1 << 30);
  REQUIRE_MESSAGE(spilled.ok(), spilled.error().message);
  CHECK(*spilled == 500);
  CHECK(std::filesystem::is_empty(directory));
  const auto disk_full = held(directory, 4 << 20);
  const auto no_disk = held({}, 0);
  for (const auto* refused : {&disk_full, &no_disk}) {
    REQUIRE_FALSE(refused->ok());
    CHECK(refused->error().reason == "WindowsTooLarge");
    CHECK(refused->error().message.find("resources.limits.memory") != std::string::npos);
  }
  std::filesystem::remove_all(directory);
}

TEST_CASE("more sessions than their bookkeeping may take are told with the remedy") {
  auto engine =
      WindowedEngine::open(query_of(*Json::parse(R"({"query": "SELECT card, count(*) AS n FROM payments GROUP BY card",
                                "window": {"session": {"gap": 10000, "maxDuration": 60000}}})")),
                           {256 << 20, {}, 0, 1});
  REQUIRE(engine.ok());
  const std::vector<TimedRecord> one{{R"({"id": 1, "card": "a", "ts": "2026-01-01T00:00:00Z"})", 0, kBegin / 1000}};
  const std::vector<TimedRecord> more{{R"({"id": 1, "card": "b", "ts": "2026-01-01T00:00:00Z"})", 1, kBegin / 1000}};
  Output output;
  CHECK(engine->run(0, one, output).ok());
  CHECK(engine->run(0, more, output).error().reason == "WindowsTooLarge");
}

TEST_CASE("of sessions that are out at the same time a group holds rows of one - also without window_start") {
  auto engine =
      WindowedEngine::open(query_of(*Json::parse(R"({"query": "SELECT card, count(*) AS n FROM payments GROUP BY card",
                                "window": {"session": {"gap": 10000, "maxDuration": 60000}}})")),
                           {});
  REQUIRE(engine.ok());
  std::vector<std::string> values;
  for (const int second : {0, 5, 20, 40, 45, 49}) {
    values.push_back(cat(R"({"id": 1, "card": "a", "ts": ")", time_text(kBegin + second * kSecond), "\"}"));
  }
  std::vector<TimedRecord> records;
  for (const std::string& value : values) records.push_back({value, std::ssize(records), kBegin / 1000 + 60'000});
  Output output;
  REQUIRE(engine->run(0, records, output).ok());
  std::vector<std::string> rows = rows_of(output);
  REQUIRE(engine->flush(output).ok());
  for (std::string& row : rows_of(output)) rows.push_back(std::move(row));
  std::sort(rows.begin(), rows.end());
  CHECK(rows == std::vector<std::string>{R"({"card":"a","n":1})", R"({"card":"a","n":2})", R"({"card":"a","n":3})"});
}

TEST_CASE("queries whose result would depend on order or partitions are refused") {
  for (const Json& body : cases()) {
    if (!body.has("refused")) continue;
    CAPTURE(body.get("name").as_string());
    const auto opened = WindowedEngine::open(query_of(body), {});
    REQUIRE_FALSE(opened.ok());
    CAPTURE(opened.error().message);
    CHECK(opened.error().reason == body.at("refused/reason").as_string());
    for (const std::string& part : body.at("refused/says").strings()) {
      CHECK(opened.error().message.find(part) != std::string::npos);
    }
  }
}
