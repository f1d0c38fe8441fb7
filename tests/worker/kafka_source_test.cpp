// The Kafka source as a stage, from another Kafka to this one: what arrives here, and what is committed there.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "kafka/murmur2.h"
#include "stages.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

namespace {

KafkaServer& here() {
  return KafkaServer::instance();
}
KafkaServer& other() {
  return KafkaServer::other();
}

// Kept as it is; not so old that retention deletes the record at once.
const std::int64_t kTime = epoch_ms(Clock::real().wall()) - 3'600'000;

struct Source {
  explicit Source(int partitions_there)
      : partitions(partitions_there),
        from(other().make_topic(partitions)),
        to(here().make_topic(5)),
        dead_letters(here().make_topic(1, {{"max.message.bytes", "4194304"}})),
        group(other().unique("group")) {}

  Json settings() const {
    const Json access = Json::object({{"security.protocol", "sasl_ssl"},
                                      {"ssl.ca.location", other().ca_file()},
                                      {"sasl.mechanism", "PLAIN"},
                                      {"sasl.username", "tidegate"},
                                      {"sasl.password", "geheim"}});
    const Json fields = Json::array({Json::object({{"name", "n"}, {"type", "BIGINT"}})});
    const Json kafka =
        Json::object({{"bootstrapServers", other().secure_address()}, {"topic", from}, {"properties", access}});
    return Json::object({{"namespace", "test"},
                         {"pipeline", "copies"},
                         {"stage", "intake"},
                         {"kind", "source"},
                         {"kafka", Json::object({{"bootstrapServers", here().address()}})},
                         {"group", group},
                         {"output", Json::object({{"topic", to}, {"fields", fields}})},
                         {"deadLetters", Json::object({{"topic", dead_letters}})},
                         {"source", Json::object({{"kafka", kafka}})}});
  }
  std::int64_t position() const {
    std::int64_t sum = 0;
    for (const std::int64_t offset : other().committed_offsets(group, from, partitions)) {
      sum += std::max<std::int64_t>(offset, 0);
    }
    return sum;
  }

  int partitions;
  std::string from;
  std::string to;
  std::string dead_letters;
  std::string group;
};

}  // namespace

TEST_CASE("the kafka source takes records over byte for byte and commits in the other cluster") {
  const Source source(2);
  const std::string bytes("\0\xff{", 3);
  std::vector<NewRecord> records = {{"a", "no json", 0, {{"h", "1"}}, kTime},
                                    {"a", bytes, 1, {}, kTime + 1},
                                    {bytes, "b", 1, {}, kTime + 2},
                                    {std::nullopt, "c", 1, {}, kTime + 3}};
  other().produce(source.from, records);
  WorkerProcess worker(source.settings(), "worker-abcde");
  REQUIRE(eventually([&] { return source.position() == 4; }));
  CHECK(worker.get("/readyz").first == 200);
  CHECK(worker.metric("tidegate_source_lag_records") == 0);
  CHECK(worker.metric("tidegate_stage_records_out_total") == 4);
  CHECK(worker.terminate() == 0);

  auto taken = here().read(source.to);
  std::sort(taken.begin(), taken.end(), [](const auto& a, const auto& b) { return a.timestamp_ms < b.timestamp_ms; });
  REQUIRE(taken.size() == records.size());
  for (std::size_t i = 0; i < taken.size(); ++i) {
    CHECK(taken[i].key == records[i].key);
    CHECK(taken[i].value == records[i].value);
    CHECK(taken[i].timestamp_ms == records[i].timestamp_ms);
    // Without a key: the partition of the same number.
    CHECK(taken[i].partition == (records[i].key ? kafka::partition_of_key(*records[i].key, 5) : 1));
  }
  CHECK(taken[0].headers == std::map<std::string, std::string>{{"h", "1"}});
  std::int64_t in = 0, out = 0;
  for (const auto& metadata : other().committed(source.group, source.from, 2)) {
    REQUIRE(metadata);
    in += metadata->records_in;
    out += metadata->records_out;
  }
  CHECK(in == 4);
  CHECK(out == 4);
}

TEST_CASE("the kafka source loses nothing when it is killed or the other cluster is away and says so") {
  const Source source(4);
  const auto produce = [&](int from, int to) {
    std::vector<NewRecord> records;
    for (int n = from; n < to; ++n) records.push_back({std::nullopt, std::to_string(n), n % 4, {}});
    other().produce(source.from, records);
  };
  produce(0, 20'000);
  {
    WorkerProcess worker(source.settings(), "worker-0");
    REQUIRE(eventually([&] { return here().end(source.to, 5) > 0; }));
    worker.kill();
  }
  produce(20'000, 30'000);
  WorkerProcess first(source.settings(), "worker-0");
  WorkerProcess second(source.settings(), "worker-1");
  REQUIRE(eventually([&] { return source.position() == 30'000; }, Duration{60'000}));

  other().stop(false);
  REQUIRE(eventually([&] { return first.get("/readyz").second.find("source Kafka: ") == 0; }));
  CHECK(first.metric("tidegate_stage_waiting") == 1);
  other().start();
  produce(30'000, 31'000);
  REQUIRE(eventually([&] { return source.position() == 31'000; }, Duration{90'000}));
  REQUIRE(eventually([&] { return first.get("/readyz").first == 200 && second.get("/readyz").first == 200; }));
  CHECK(first.terminate() == 0);
  CHECK(second.terminate() == 0);
  std::set<std::string> taken;
  for (const Stored& record : here().read(source.to)) taken.insert(record.value);
  CHECK(taken.size() == 31'000);
}

TEST_CASE("the kafka source keeps what its topic cannot take as dead letters") {
  Source source(1);
  source.from = other().make_topic(1, {{"message.timestamp.after.max.ms", "9223372036854775807"}});
  source.to = here().make_topic(1, {{"max.message.bytes", "10000"}});
  other().produce(source.from, {{"a", "1", 0, {}},
                                {"b", std::string(50'000, 'x'), 0, {}},
                                {"c", "2", 0, {}},
                                {"d", "3", 0, {}, epoch_ms(Clock::real().wall()) + 86'400'000}});
  WorkerProcess worker(source.settings(), "worker-0");
  REQUIRE(eventually([&] { return source.position() == 4; }));
  CHECK(worker.terminate() == 0);
  CHECK(here().read(source.to).size() == 2);
  const auto dead = here().read(source.dead_letters);
  REQUIRE(dead.size() == 2);
  CHECK(dead[0].key == "b");
  CHECK(dead[0].headers.at("tidegate-reason") == "Oversized");
  CHECK(dead[0].headers.at("tidegate-topic") == source.from);
  CHECK(dead[1].key == "d");
  CHECK(dead[1].headers.at("tidegate-message").find("in the future") != std::string::npos);
}
