// Windows over a real Kafka: results do not depend on when workers die or how partitions are spread.
#include <doctest/doctest.h>

#include <optional>
#include <random>
#include <set>
#include <thread>

#include "kafka/murmur2.h"
#include "stages.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

namespace {

constexpr int kKeys = 7;
constexpr int kWindow = 10;  // seconds
constexpr int kGap = 3;      // between sessions
constexpr int kCut = 8;      // half of the longest session

std::string key_of(int n) {
  return cat("k", std::to_string(n % kKeys));
}

std::string time_of(int second) {
  const auto two = [](int number) { return cat(number < 10 ? "0" : "", std::to_string(number)); };
  return cat("2026-01-01T", two(second / 3600), ":", two(second / 60 % 60), ":", two(second % 60), "Z");
}

// Ten records a second of event time.
std::string record(int n) {
  return cat(R"({"name":")", key_of(n), R"(","n":)", std::to_string(n), R"(,"ts":")", time_of(n / 10), "\"}");
}

// Counts and sums per name and ten seconds.
struct Sums {
  explicit Sums(int partitions) : partitions_in(partitions) {
    KafkaServer& kafka = KafkaServer::instance();
    input = kafka.make_topic(partitions);
    output = kafka.make_topic(3);
    dead_letters = kafka.make_topic(1);
    group = kafka.unique("group");
  }

  Json settings() const {
    Json settings = EvenNumbers::settings(KafkaServer::instance().address(), input, output, dead_letters, group);
    settings["input"]["fields"] = Json::parse(R"([{"name": "name", "type": "VARCHAR", "required": true},
      {"name": "n", "type": "BIGINT"}, {"name": "ts", "type": "TIMESTAMP", "required": true}])")
                                      .value();
    settings["eventTime"] = Json::parse(R"({"field": "ts", "maxOutOfOrder": 2000, "maxAhead": 86400000})").value();
    settings["input"]["key"] = Json::array({"name"});
    settings["window"] = Json::object({{"tumbling", Json::object({{"size", kWindow * 1000}})}});
    settings["sql"]["query"] =
        cat("SELECT name, window_start, count(*) AS c, sum(n) AS s FROM \"", input, "\" GROUP BY name, window_start");
    return settings;
  }

  // Of each name too.
  Json session_settings() const {
    Json settings = this->settings();
    settings["window"] =
        Json::object({{"session", Json::object({{"gap", kGap * 1000}, {"maxDuration", 2 * kCut * 1000}})}});
    settings["sql"]["query"] = cat("SELECT name, window_start, window_end, count(*) AS c, sum(n) AS s FROM \"", input,
                                   "\" GROUP BY name, window_start, window_end");
    return settings;
  }

  // Those that `take` wants.
  void produce(
      int from, int to, bool (*take)(int) = [](int) { return true; }) const {
    std::vector<NewRecord> records;
    for (int n = from; n < to; ++n) {
      if (!take(n)) continue;
      records.push_back({key_of(n), record(n), kafka::partition_of_key(key_of(n), partitions_in), {}});
    }
    KafkaServer::instance().produce(input, records);
  }
  std::int64_t position() const {
    std::int64_t sum = 0;
    for (const auto& metadata : KafkaServer::instance().committed(group, input, partitions_in)) {
      if (metadata) sum += metadata->position;
    }
    return sum;
  }
  std::string problem() const {
    for (const auto& metadata : KafkaServer::instance().committed(group, input, partitions_in)) {
      if (metadata && metadata->waiting) return metadata->problem;
    }
    return {};
  }

  int partitions_in;
  std::string input, output, dead_letters, group;
};

// The rows of every window that ends at or before `second`.
std::set<std::string> expected(int second) {
  std::set<std::string> rows;
  for (int start = 0; start + kWindow <= second; start += kWindow) {
    for (int key = 0; key < kKeys; ++key) {
      int count = 0, sum = 0;
      for (int n = start * 10; n < (start + kWindow) * 10; ++n) {
        if (n % kKeys != key) continue;
        ++count;
        sum += n;
      }
      rows.insert(cat(R"({"name":"k)", std::to_string(key), R"(","window_start":")", time_of(start), R"(","c":)",
                      std::to_string(count), R"(,"s":)", std::to_string(sum), "}"));
    }
  }
  return rows;
}

// Every name is away for 7 of 28 seconds, which ends a session, and those before are long enough to be cut.
bool in_session(int n) {
  return (n / 70 + n % kKeys) % 4 != 0;
}

// The rows of all sessions of the numbers below `end`.
std::set<std::string> expected_sessions(int end) {
  std::set<std::string> rows;
  for (int key = 0; key < kKeys; ++key) {
    std::vector<int> numbers;
    for (int n = key; n < end; n += kKeys) {
      if (in_session(n)) numbers.push_back(n);
    }
    int cut = 0;
    for (std::size_t i = 0, next = 0; i < numbers.size(); i = next) {
      const auto second = [&](std::size_t index) { return numbers[index] / 10; };
      const bool run_begins = i == 0 || second(i) - second(i - 1) >= kGap;
      cut = run_begins ? (second(i) / kCut + 2) * kCut : cut + kCut;
      int sum = 0;
      for (next = i; next < numbers.size() && second(next) < cut; ++next) {
        if (next > i && second(next) - second(next - 1) >= kGap) break;
        sum += numbers[next];
      }
      rows.insert(cat(R"({"name":"k)", std::to_string(key), R"(","window_start":")", time_of(second(i)),
                      R"(","window_end":")", time_of(std::min(second(next - 1) + kGap, cut)), R"(","c":)",
                      std::to_string(next - i), R"(,"s":)", std::to_string(sum), "}"));
    }
  }
  return rows;
}

std::set<std::string> rows_of(const std::string& topic) {
  std::set<std::string> rows;
  for (const Stored& stored : KafkaServer::instance().read(topic)) rows.insert(stored.value);
  return rows;
}

}  // namespace

TEST_CASE("killed again and again the windows come out as if nothing had happened") {
  constexpr int kKills = 5;
  constexpr int kNumbersPerLife = 20'000;
  constexpr int kNumbers = kKills * kNumbersPerLife;
  const Sums stage(4);
  std::mt19937 random(20261124);
  std::int64_t before = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    stage.produce(kill * kNumbersPerLife, (kill + 1) * kNumbersPerLife);
    WorkerProcess worker(stage.settings(), "worker-0");
    REQUIRE(eventually([&] { return stage.position() > before; }));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 40'000));
    worker.kill();
    before = stage.position();
  }
  // A last record of each key, far enough on to close what came before.
  stage.produce(kNumbers + 1'000, kNumbers + 1'100);
  WorkerProcess worker(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return stage.position() == kNumbers + 100; }, Duration{60'000}));
  CHECK(rows_of(stage.output) == expected(kNumbers / 10));
  CHECK(KafkaServer::instance().read(stage.dead_letters).empty());
  std::int64_t seen = 0, took = 0, gave = 0, out = 0;
  for (const auto& metadata : KafkaServer::instance().committed(stage.group, stage.input, stage.partitions_in)) {
    REQUIRE(metadata);
    seen += metadata->seen.value_or(-1);
    took += metadata->took.value_or(-1);
    gave += metadata->gave.value_or(-1);
    out += metadata->records_out;
  }
  CHECK(seen == kNumbers + 100);  // what was read again to rebuild windows counts once
  CHECK(took == seen);
  CHECK(gave == out);
  CHECK(gave == static_cast<std::int64_t>(expected(kNumbers / 10).size()));
}

TEST_CASE("sessions come out whole through kills and moves") {
  constexpr int kLives = 4;
  constexpr int kNumbersPerLife = 10'000;
  constexpr int kNumbers = kLives * kNumbersPerLife;
  const Sums stage(4);
  std::mt19937 random(20261126);
  std::int64_t before = 0;
  for (int life = 0; life < kLives; ++life) {
    stage.produce(life * kNumbersPerLife, (life + 1) * kNumbersPerLife, in_session);
    WorkerProcess worker(stage.session_settings(), "worker-0");
    std::optional<WorkerProcess> other;
    if (life % 2 == 1) other.emplace(stage.session_settings(), "worker-1");
    REQUIRE(eventually([&] { return stage.position() > before; }, Duration{60'000}));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 40'000));
    worker.kill();
    before = stage.position();
  }
  // A last record of each key, far enough on to close what came before.
  stage.produce(kNumbers + 1'000, kNumbers + 1'100);
  WorkerProcess worker(stage.session_settings(), "worker-0");
  const auto right = expected_sessions(kNumbers);
  REQUIRE(eventually([&] { return rows_of(stage.output).size() >= right.size(); }, Duration{120'000}));
  CHECK(rows_of(stage.output) == right);
  CHECK(KafkaServer::instance().read(stage.dead_letters).empty());
}

TEST_CASE("exactly once: each window and each late record comes out once through kills and moves") {
  constexpr int kKills = 4;
  constexpr int kNumbersPerLife = 12'000;
  constexpr int kNumbers = kKills * kNumbersPerLife;
  KafkaServer& kafka = KafkaServer::instance();
  std::mt19937 random(20261127);
  for (const bool sessions : {false, true}) {
    CAPTURE(sessions);
    const Sums stage(4);
    Json settings = sessions ? stage.session_settings() : stage.settings();
    settings["delivery"] = "exactly-once";
    const auto take = sessions ? in_session : [](int) { return true; };
    std::int64_t before = 0;
    for (int kill = 0; kill < kKills; ++kill) {
      stage.produce(kill * kNumbersPerLife, (kill + 1) * kNumbersPerLife, take);
      if (kill > 0) stage.produce(0, kKeys);  // late by far
      WorkerProcess worker(settings, "worker-0");
      std::optional<WorkerProcess> other;
      if (kill % 3 == 2) other.emplace(settings, "worker-1");
      REQUIRE(eventually([&] { return stage.position() > before; }, Duration{120'000}));
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 120'000));
      worker.kill();
      before = stage.position();
    }
    stage.produce(kNumbers + 1'000, kNumbers + 1'100);
    const auto right = sessions ? expected_sessions(kNumbers) : expected(kNumbers / 10);
    WorkerProcess worker(settings, "worker-0");
    REQUIRE(eventually([&] { return rows_of(stage.output).size() >= right.size(); }, Duration{120'000}));
    REQUIRE(eventually([&] { return kafka.stable(stage.output) && kafka.stable(stage.dead_letters); }));
    CHECK(rows_of(stage.output) == right);
    CHECK(kafka.read(stage.output).size() == right.size());
    CHECK(kafka.read(stage.dead_letters).size() == (kKills - 1) * kKeys);
    std::int64_t dead = 0, gave = 0;
    for (const auto& metadata : kafka.committed(stage.group, stage.input, stage.partitions_in)) {
      REQUIRE(metadata);
      dead += metadata->dead_letters;
      gave += metadata->gave.value_or(-1);
    }
    CHECK(dead == (kKills - 1) * kKeys);
    CHECK(gave == static_cast<std::int64_t>(right.size()));
  }
}

TEST_CASE("partitions that move to another worker take their windows along") {
  const Sums stage(4);
  auto first = std::make_unique<WorkerProcess>(stage.settings(), "worker-0");
  REQUIRE(ready(*first));
  stage.produce(0, 1'050);  // a window is open
  REQUIRE(eventually([&] { return stage.position() == 1'050; }));
  WorkerProcess second(stage.settings(), "worker-1");
  REQUIRE(ready(second));
  CHECK(first->terminate() == 0);
  stage.produce(1'050, 3'000);
  stage.produce(4'000, 4'100);
  REQUIRE(eventually([&] { return stage.position() == 3'100; }));
  CHECK(rows_of(stage.output) == expected(300));
  // Stopped in order, nothing was written twice.
  CHECK(KafkaServer::instance().read(stage.output).size() == expected(300).size());
}

TEST_CASE("a late record and one from the future are dead letters and change no window") {
  KafkaServer& kafka = KafkaServer::instance();
  const Sums stage(1);
  stage.produce(0, 300);
  kafka.produce(stage.input, {{std::nullopt, R"({"name":"k1","n":1000000,"ts":"2026-01-01T00:00:05Z"})", 0},
                              {std::nullopt, R"({"name":"k1","n":1000000,"ts":"2999-01-01T00:00:00Z"})", 0}});
  stage.produce(1'000, 1'010);
  WorkerProcess worker(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 312; }));
  CHECK(rows_of(stage.output) == expected(30));
  const auto dead = kafka.read(stage.dead_letters);
  REQUIRE(dead.size() == 2);
  CHECK(dead[0].headers.at("tidegate-reason") == "Late");
  CHECK(dead[1].headers.at("tidegate-reason") == "TooFarAhead");
}

TEST_CASE("a record in a partition that is not its key's stops the stage - and no wrong row comes out") {
  KafkaServer& kafka = KafkaServer::instance();
  const Sums stage(4);
  stage.produce(0, 300);
  const int wrong = (kafka::partition_of_key("k1", 4) + 1) % 4;
  kafka.produce(stage.input, {{std::string("k1"), R"({"name":"k1","n":5,"ts":"2026-01-01T00:00:31Z"})", wrong}});
  WorkerProcess worker(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return stage.problem().find("KeyMismatch") != std::string::npos; }));
  const auto complete = expected(30);
  for (const std::string& row : rows_of(stage.output)) CHECK(complete.contains(row));
}

TEST_CASE("a stage that gives up its window goes on at its position and counts nothing twice") {
  const Sums stage(1);
  stage.produce(0, 250);  // a window is open
  {
    WorkerProcess worker(stage.settings(), "worker-0");
    REQUIRE(eventually([&] { return stage.position() == 250; }));
    CHECK(worker.terminate() == 0);
  }
  const auto offset = [&] { return KafkaServer::instance().committed_offsets(stage.group, stage.input, 1)[0]; };
  CHECK(offset() == 200);  // where the open window began
  Json row_wise = stage.settings();
  row_wise.erase("window");
  row_wise["sql"]["query"] = cat("SELECT name, n FROM \"", stage.input, "\"");
  stage.produce(250, 260);
  WorkerProcess worker(row_wise, "worker-0");
  REQUIRE(eventually([&] { return offset() == 260; }));
  const auto metadata = KafkaServer::instance().committed(stage.group, stage.input, 1)[0];
  CHECK(metadata->records_in == 260);
  CHECK(metadata->seen == 260);
}
