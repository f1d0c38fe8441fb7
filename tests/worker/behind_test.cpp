// Windows behind other stages, over a real Kafka: their watermarks come from what those stages committed.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>
#include <thread>

#include "kafka/murmur2.h"
#include "stages.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

namespace {

constexpr int kCards = 11;  // in each of two, three and four partitions
constexpr int kShops = 3;

std::string card_of(int n) {
  return cat("card-", std::to_string(n % kCards));
}

std::string time_of(int second) {
  const auto two = [](int number) { return cat(number < 10 ? "0" : "", std::to_string(number)); };
  return cat("2026-01-01T", two(second / 3600), ":", two(second / 60 % 60), ":", two(second % 60), "Z");
}

// Ten purchases a second of event time.
std::string purchase(int n) {
  return Json::object({{"card", card_of(n)},
                       {"shop", cat("shop-", std::to_string(n % kShops))},
                       {"n", n},
                       {"ts", time_of(n / 10)}})
      .dump();
}

const char* const kPurchase = R"([{"name": "card", "type": "VARCHAR", "required": true},
  {"name": "shop", "type": "VARCHAR"}, {"name": "n", "type": "BIGINT"},
  {"name": "ts", "type": "TIMESTAMP", "required": true}])";

const char* const kSums = R"json([{"name": "card", "type": "VARCHAR"}, {"name": "since", "type": "TIMESTAMP"},
  {"name": "c", "type": "BIGINT"}, {"name": "s", "type": "DECIMAL(38,0)"}])json";

// One stage of a chain.
struct Link {
  Link(const std::string& from, int partitions, const std::string& fields, const std::string& query, int partitions_out)
      : input(from), partitions_in(partitions) {
    KafkaServer& kafka = KafkaServer::instance();
    output = kafka.make_topic(partitions_out);
    dead_letters = kafka.make_topic(1);
    group = kafka.unique("group");
    settings = EvenNumbers::settings(kafka.address(), input, output, dead_letters, group);
    settings["input"]["fields"] = Json::parse(fields).value();
    settings["sql"]["query"] = query;
    settings["sql"]["topic"] = "input";
    settings["output"].erase("key");
  }
  void event_time(const char* field, int out_of_order_ms) {
    settings["eventTime"] =
        Json::object({{"field", field}, {"maxOutOfOrder", out_of_order_ms}, {"maxAhead", 86'400'000}});
  }
  void behind(const Link& other) {
    if (settings.has("eventTime")) settings["eventTime"]["written"] = true;
    Json writers = settings.get("writers").is_array() ? settings.get("writers") : Json(Json::Array{});
    writers.push_back(Json::object({{"group", other.group}, {"topic", other.input}}));
    settings["writers"] = writers;
  }
  void window(int seconds, std::vector<std::string> key) {
    settings["window"] = Json::object({{"tumbling", Json::object({{"size", seconds * 1000}})}});
    settings["input"]["key"] = Json::array(key);
  }
  void keyed(std::vector<std::string> key) { settings["output"]["key"] = Json::array(key); }

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
  std::vector<Stored> rows() const { return KafkaServer::instance().read(output); }
  std::vector<Stored> dead() const { return KafkaServer::instance().read(dead_letters); }

  std::string input, output, dead_letters, group;
  int partitions_in;
  Json settings;
};

void produce(const std::string& topic, int partitions, int from, int to) {
  std::vector<NewRecord> records;
  for (int n = from; n < to; ++n) {
    records.push_back({card_of(n), purchase(n), kafka::partition_of_key(card_of(n), partitions), {}});
  }
  KafkaServer::instance().produce(topic, records);
}

// Rows by their group's values, of which there must be one each (or several that are equal).
std::map<std::string, std::string> by_group(const std::vector<Stored>& rows, const std::string& name) {
  std::map<std::string, std::string> out;
  for (const Stored& row : rows) {
    const Json json = Json::parse(row.value).value();
    const std::string group = cat(json.get(name).as_string(), " ", json.get("window_start").as_string());
    const auto [known, fresh] = out.try_emplace(group, row.value);
    if (!fresh) CHECK(known->second == row.value);
  }
  return out;
}

// Sums per card and 10 s, and of those per card and minute: how many there are, their largest and the rows they hold.
// Rows of the first that come twice after a kill change none of that.
struct TwoDeep {
  explicit TwoDeep(int partitions)
      : sums((KafkaServer::instance().make_topic(partitions)), partitions, kPurchase,
             "SELECT card, window_start AS since, count(*) AS c, sum(n) AS s FROM input GROUP BY card, window_start",
             3),
        totals(sums.output, 3, kSums,
               "SELECT card, window_start, count(DISTINCT since) AS pieces, max(s) AS largest, min(c) AS least "
               "FROM input GROUP BY card, window_start",
               2) {
    sums.event_time("ts", 2000);
    sums.window(10, {"card"});
    sums.keyed({"card"});
    totals.event_time("since", 0);
    totals.behind(sums);
    totals.window(60, {"card"});
  }

  // The rows of every minute that ends at or before `second`.
  static std::map<std::string, std::string> expected(int second) {
    std::map<std::string, std::string> rows;
    for (int minute = 0; minute + 60 <= second; minute += 60) {
      for (int card = 0; card < kCards; ++card) {
        int largest = 0, least = 1 << 30;
        for (int start = minute; start < minute + 60; start += 10) {
          int sum = 0, count = 0;
          for (int n = start * 10; n < (start + 10) * 10; ++n) {
            if (n % kCards != card) continue;
            sum += n;
            ++count;
          }
          largest = std::max(largest, sum);
          least = std::min(least, count);
        }
        const std::string name = cat("card-", std::to_string(card));
        rows[cat(name, " ", time_of(minute))] =
            cat(R"({"card":")", name, R"(","window_start":")", time_of(minute), R"(","pieces":6,"largest":)",
                std::to_string(largest), R"(,"least":)", std::to_string(least), "}");
      }
    }
    return rows;
  }

  Link sums, totals;
};

}  // namespace

TEST_CASE("windows over windows come out right - whichever stage is killed") {
  constexpr int kLives = 6;
  constexpr int kPerLife = 6'000;  // ten minutes
  constexpr int kNumbers = kLives * kPerLife;
  const TwoDeep chain(4);
  std::mt19937 random(20261126);
  std::optional<WorkerProcess> sums, totals;
  sums.emplace(chain.sums.settings, "sums-0");
  totals.emplace(chain.totals.settings, "totals-0");
  for (int life = 0; life < kLives; ++life) {
    const std::int64_t before = chain.sums.position();
    produce(chain.sums.input, 4, life * kPerLife, (life + 1) * kPerLife);
    REQUIRE(eventually([&] { return chain.sums.position() > before; }));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 900'000));
    auto& victim = life % 2 == 0 ? sums : totals;
    victim->kill();
    if (life == 2) {
      victim.emplace(chain.sums.settings, "sums-0");
    } else if (life % 2 == 0) {
      std::this_thread::sleep_for(Duration{700});  // the other one looks meanwhile, and must not go on without it
      victim.emplace(chain.sums.settings, "sums-0");
    } else {
      victim.emplace(chain.totals.settings, "totals-0");
    }
  }
  // A last record of each card, far enough on to close what came before.
  produce(chain.sums.input, 4, kNumbers + 1'000, kNumbers + 1'100);
  const auto all = TwoDeep::expected(kNumbers / 10);
  CHECK(eventually([&] { return by_group(chain.totals.rows(), "card").size() >= all.size(); }, Duration{60'000}));
  CHECK(by_group(chain.totals.rows(), "card") == all);
  CHECK(chain.sums.dead().empty());
  CHECK(chain.totals.dead().empty());
}

TEST_CASE("nothing comes out before the stage before says so - and everything does once it has") {
  const TwoDeep chain(2);
  WorkerProcess totals(chain.totals.settings, "totals-0");
  REQUIRE(ready(totals));
  // Rows that somebody put there: without the stage that vouches for the topic they wait.
  KafkaServer::instance().produce(
      chain.totals.input, {{std::string("card-1"), R"({"card":"card-1","since":"2026-01-01T00:00:00Z","c":1,"s":1})",
                            kafka::partition_of_key("card-1", 3)},
                           {std::string("card-1"), R"({"card":"card-1","since":"2026-01-01T09:00:00Z","c":1,"s":1})",
                            kafka::partition_of_key("card-1", 3)}});
  REQUIRE(eventually([&] { return chain.totals.position() == 2; }));
  std::this_thread::sleep_for(Duration{1500});
  CHECK(chain.totals.rows().empty());
  // One of its partitions has no record yet: it may still hold anything.
  WorkerProcess sums(chain.sums.settings, "sums-0");
  const int full = kafka::partition_of_key("card-1", 2);
  KafkaServer::instance().produce(chain.sums.input,
                                  {{std::string("card-1"), purchase(3'001 - 3'001 % kCards + 1), full}});
  REQUIRE(eventually([&] { return chain.sums.position() == 1; }));
  std::this_thread::sleep_for(Duration{1500});
  CHECK(chain.totals.rows().empty());
  int other = 0;
  while (kafka::partition_of_key(card_of(other), 2) == full) ++other;
  KafkaServer::instance().produce(chain.sums.input,
                                  {{card_of(other), purchase(3'003 - 3'003 % kCards + other), 1 - full}});
  REQUIRE(eventually([&] { return !chain.totals.rows().empty(); }));
  CHECK(chain.totals.rows()[0].value ==
        R"({"card":"card-1","window_start":"2026-01-01T00:00:00Z","pieces":1,"largest":1,"least":1})");
  // A row that is older than what was promised is late.
  KafkaServer::instance().produce(
      chain.totals.input, {{std::string("card-1"), R"({"card":"card-1","since":"2026-01-01T00:00:30Z","c":1,"s":1})",
                            kafka::partition_of_key("card-1", 3)}});
  REQUIRE(eventually([&] { return chain.totals.dead().size() == 1; }));
  CHECK(chain.totals.dead()[0].headers.at("tidegate-reason") == "Late");
}

namespace {

// Records of a producer that knows nothing of keys: any partition, in the order of their times in each.
void produce_anywhere(const std::string& topic, int partitions, int from, int to) {
  std::vector<NewRecord> records;
  for (int n = from; n < to; ++n) records.push_back({std::nullopt, purchase(n), n / 5 % partitions, {}});
  KafkaServer::instance().produce(topic, records);
}

// Copies purchases by shop, exactly once, and counts and sums per shop and ten seconds.
struct Rekeyed {
  explicit Rekeyed(int partitions)
      : copies((KafkaServer::instance().make_topic(partitions)), partitions, kPurchase, "SELECT * FROM input", 4),
        sums(copies.output, 4, kPurchase,
             "SELECT shop, window_start, count(*) AS c, sum(n) AS s FROM input GROUP BY shop, window_start", 2) {
    copies.event_time("ts", 2000);
    copies.keyed({"shop"});
    copies.settings["delivery"] = "exactly-once";
    sums.event_time("ts", 0);
    sums.behind(copies);
    sums.window(10, {"shop"});
  }

  static std::map<std::string, std::string> expected(int second) {
    std::map<std::string, std::string> rows;
    for (int start = 0; start + 10 <= second; start += 10) {
      for (int shop = 0; shop < kShops; ++shop) {
        int sum = 0, count = 0;
        for (int n = start * 10; n < (start + 10) * 10; ++n) {
          if (n % kShops != shop) continue;
          sum += n;
          ++count;
        }
        const std::string name = cat("shop-", std::to_string(shop));
        rows[cat(name, " ", time_of(start))] =
            cat(R"({"shop":")", name, R"(","window_start":")", time_of(start), R"(","c":)", std::to_string(count),
                R"(,"s":)", std::to_string(sum), "}");
      }
    }
    return rows;
  }

  Link copies, sums;
};

}  // namespace

TEST_CASE("records that lie anywhere are keyed anew - exactly once - and no group comes out in pieces") {
  constexpr int kLives = 4;
  constexpr int kPerLife = 6'000;
  constexpr int kNumbers = kLives * kPerLife;
  const Rekeyed chain(3);
  std::mt19937 random(20261127);
  std::optional<WorkerProcess> copies, sums;
  copies.emplace(chain.copies.settings, "copies-0");
  sums.emplace(chain.sums.settings, "sums-0");
  for (int life = 0; life < kLives; ++life) {
    const std::int64_t before = chain.copies.position();
    produce_anywhere(chain.copies.input, 3, life * kPerLife, (life + 1) * kPerLife);
    REQUIRE(eventually([&] { return chain.copies.position() > before; }));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 900'000));
    auto& victim = life % 2 == 0 ? copies : sums;
    victim->kill();
    victim.emplace(life % 2 == 0 ? chain.copies.settings : chain.sums.settings, life % 2 == 0 ? "copies-0" : "sums-0");
  }
  produce_anywhere(chain.copies.input, 3, kNumbers + 1'000, kNumbers + 1'100);
  const auto all = Rekeyed::expected(kNumbers / 10);
  CHECK(eventually([&] { return by_group(chain.sums.rows(), "shop").size() >= all.size(); }, Duration{60'000}));
  CHECK(by_group(chain.sums.rows(), "shop") == all);
  CHECK(chain.copies.dead().empty());
  CHECK(chain.sums.dead().empty());
  // Somebody else writes into the copy, where no record of that key belongs: better no result than a wrong one.
  const int wrong = (kafka::partition_of_key("shop-1", 4) + 1) % 4;
  KafkaServer::instance().produce(chain.sums.input, {{std::string("shop-1"), purchase(kNumbers + 1'001), wrong}});
  CHECK(eventually([&] { return chain.sums.problem().find("KeyMismatch") != std::string::npos; }));
  produce_anywhere(chain.copies.input, 3, kNumbers + 3'000, kNumbers + 3'100);
  std::this_thread::sleep_for(Duration{1500});
  CHECK(by_group(chain.sums.rows(), "shop") == all);
}

TEST_CASE("stages between two windows pass on how far they are - and replicas share the work") {
  const TwoDeep base(2);
  // sums → pass → totals
  Link pass(base.sums.output, 3, kSums, "SELECT * FROM input", 3);
  pass.keyed({"card"});
  pass.behind(base.sums);
  Link totals(pass.output, 3, kSums, base.totals.settings.at("sql/query").as_string(), 2);
  totals.event_time("since", 0);
  totals.behind(pass);
  totals.window(60, {"card"});
  const WorkerProcess first(base.sums.settings, "sums-0");
  const WorkerProcess second(pass.settings, "pass-0");
  auto third = std::make_unique<WorkerProcess>(totals.settings, "totals-0");
  produce(base.sums.input, 2, 0, 3'050);
  const auto some = TwoDeep::expected(300);
  CHECK(eventually([&] { return by_group(totals.rows(), "card").size() >= some.size(); }));
  WorkerProcess fourth(totals.settings, "totals-1");
  REQUIRE(ready(fourth));
  produce(base.sums.input, 2, 3'050, 6'000);
  CHECK(third->terminate() == 0);
  produce(base.sums.input, 2, 7'000, 7'100);
  const auto all = TwoDeep::expected(600);
  CHECK(eventually([&] { return by_group(totals.rows(), "card").size() >= all.size(); }));
  CHECK(by_group(totals.rows(), "card") == all);
  CHECK(totals.dead().empty());
}

TEST_CASE("a partition that gets no records holds nobody up once it is idle") {
  Rekeyed chain(2);
  chain.copies.settings["idle"] = Json::object({{"timeout", 2000}});
  const WorkerProcess copies(chain.copies.settings, "copies-0");
  const WorkerProcess sums(chain.sums.settings, "sums-0");
  std::vector<NewRecord> records;
  for (int n = 0; n < 300; ++n) records.push_back({std::nullopt, purchase(n), 0, {}});
  KafkaServer::instance().produce(chain.copies.input, records);
  // The watermark is that of the last record, less two seconds.
  const auto all = Rekeyed::expected(20);
  CHECK(eventually([&] { return by_group(chain.sums.rows(), "shop").size() >= all.size(); }));
  CHECK(by_group(chain.sums.rows(), "shop") == all);
  // What comes to it late is no part of a window that is out.
  KafkaServer::instance().produce(chain.copies.input, {{std::nullopt, purchase(7), 1}});
  CHECK(eventually([&] { return chain.sums.dead().size() == 1; }));
}

TEST_CASE("the last windows of a quiet partition close with the clock where that is wanted") {
  TwoDeep chain(2);
  chain.sums.settings["idle"] = Json::object({{"timeout", 1000}, {"close", true}});
  const WorkerProcess sums(chain.sums.settings, "sums-0");
  produce(chain.sums.input, 2, 0, 300);  // up to second 29; the last window closes three seconds later
  std::set<std::string> rows;
  const auto all = static_cast<std::size_t>(3 * kCards);
  CHECK(eventually([&] {
    rows.clear();
    for (const Stored& row : chain.sums.rows()) rows.insert(row.value);
    return rows.size() >= all;
  }));
  CHECK(rows.size() == all);
  CHECK(chain.sums.rows().size() == all);
  CHECK(chain.sums.dead().empty());
}

TEST_CASE("stages before it that cannot be asked are a problem of the stage") {
  TwoDeep chain(2);
  chain.totals.settings["writers"] = Json::array({Json::object({{"group", "g"}, {"topic", "no-such-topic"}})});
  const WorkerProcess totals(chain.totals.settings, "totals-0");
  CHECK(eventually([&] { return chain.totals.problem().find("no-such-topic") != std::string::npos; }));
}
