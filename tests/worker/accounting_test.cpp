// The accounts in the commit metadata: balanced for a worker that loses nothing, and telling what one has lost.
#include <doctest/doctest.h>

#include <csignal>
#include <map>

#include "stages.h"
#include "tests/worker/programs.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

namespace {

// Sums over the partitions of a stage.
struct Balance {
  std::int64_t offsets = 0;
  std::int64_t rows = 0;
  std::int64_t results = 0;
  friend bool operator==(const Balance&, const Balance&) = default;
};

struct Accounts {
  Balance balance;
  std::int64_t dead_letters = 0;
  std::vector<std::int64_t> nulls;
  std::map<std::string, std::int64_t> reasons;
  std::string last_error;
};

Accounts accounts_of(const EvenNumbers& stage) {
  Accounts sum;
  for (const auto& metadata : KafkaServer::instance().committed(stage.group, stage.input, stage.partitions_in)) {
    REQUIRE(metadata.has_value());
    REQUIRE(metadata->seen.has_value());
    sum.balance.offsets += metadata->position - *metadata->seen_from - *metadata->seen;
    sum.balance.rows += *metadata->seen - *metadata->took - metadata->dead_letters;
    sum.balance.results += *metadata->gave - metadata->records_out;
    sum.dead_letters += metadata->dead_letters;
    if (metadata->nulls) {
      sum.nulls.resize(metadata->nulls->size());
      for (std::size_t f = 0; f < sum.nulls.size(); ++f) sum.nulls[f] += (*metadata->nulls)[f];
    }
    for (const auto& [reason, count] : *metadata->dead_letters_by_reason) sum.reasons[reason] += count;
    if (!metadata->last_error.empty()) sum.last_error = metadata->last_error;
  }
  return sum;
}

const Balance kBalanced{};

}  // namespace

TEST_CASE("accounts balance with dead letters and nulls - over a restart and a crash and a shared group") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(2);
  const auto more = [&](int from, int to) {
    stage.produce(from, to);
    kafka.produce(stage.input, {{std::nullopt, R"({"n":"one","name":"k"})", 0, {}},
                                {std::nullopt, R"({"n":9223372036854775806,"name":"k"})", 1, {}},
                                {std::nullopt, R"({"n":1})", 1, {}},
                                {std::nullopt, R"({"n":2,"name":null})", 0, {}}});
  };
  more(0, 1000);
  {
    WorkerProcess worker(stage.settings(), "worker-0");
    REQUIRE(eventually([&] { return stage.position() == 1004; }));
    CHECK(accounts_of(stage).balance == kBalanced);
    more(1000, 30'000);
    REQUIRE(eventually([&] { return stage.position() > 1004; }));
    worker.kill();
  }
  {
    WorkerProcess worker(stage.settings(), "worker-0");
    REQUIRE(eventually([&] { return stage.position() == 30'008; }));
    WorkerProcess other(stage.settings(), "worker-1");
    more(30'000, 60'000);
    REQUIRE(eventually([&] { return stage.position() == 60'012; }));
    CHECK(other.terminate() == 0);
    CHECK(worker.terminate() == 0);
  }
  more(60'000, 61'000);
  WorkerProcess worker(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 61'016; }));
  const Accounts accounts = accounts_of(stage);
  CHECK(accounts.balance == kBalanced);
  CHECK(stage.totals().in == 61'016);
  CHECK(accounts.dead_letters == 8);
  CHECK(accounts.reasons == std::map<std::string, std::int64_t>{{"QueryFailed", 4}, {"WrongType", 4}});
  CHECK(accounts.nulls == std::vector<std::int64_t>{0, 8});  // of each `more`, one name is missing and one is null
  CHECK(worker.metric("tidegate_stage_records_seen_total") == worker.metric("tidegate_stage_records_in_total"));
  CHECK(worker.metric("tidegate_stage_in_flight_records") == 0);
  CHECK(worker.metric("tidegate_stage_end_to_end_seconds_count") == worker.metric("tidegate_stage_records_in_total"));
}

TEST_CASE("the latest error names the field and quotes nothing of the record") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(1);
  kafka.produce(stage.input, {{std::nullopt, R"({"n":"secret","name":"k"})", 0, {}}});
  WorkerProcess worker(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 1; }));
  CHECK(accounts_of(stage).last_error == "n: expected BIGINT, found text");
  kafka.produce(stage.input, {{std::nullopt, R"({"n":9223372036854775806,"name":"k"})", 0, {}}});
  REQUIRE(eventually([&] { return stage.position() == 2; }));
  const std::string query_error = accounts_of(stage).last_error;
  CHECK(query_error.starts_with("the query: "));
  CHECK(query_error.find("9223372036854775806") == std::string::npos);
}

TEST_CASE("a record lost before the engine is missing from the rows and a result lost before Kafka from the results") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(1);
  stage.produce(0, 100);
  WorkerProcess worker(stage.settings(), "worker-0", faulty_worker_program());
  REQUIRE(eventually([&] { return stage.position() == 100; }));
  CHECK(accounts_of(stage).balance == kBalanced);

  kafka.produce(stage.input, {{std::nullopt, R"({"n":2,"name":"drop-this-record"})", 0, {}}});
  stage.produce(100, 110);
  REQUIRE(eventually([&] { return stage.position() == 111; }));
  CHECK(accounts_of(stage).balance == Balance{0, 1, 0});

  kafka.produce(stage.input, {{std::nullopt, R"({"n":2,"name":"drop-this-row"})", 0, {}}});
  REQUIRE(eventually([&] { return stage.position() == 112; }));
  CHECK(accounts_of(stage).balance == Balance{0, 1, 1});

  // What is missing stays missing under a worker that is in order.
  CHECK(worker.terminate() == 0);
  stage.produce(110, 200);
  WorkerProcess sane(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 202; }));
  CHECK(accounts_of(stage).balance == Balance{0, 1, 1});
}

TEST_CASE("accounts balance for a query that needs no rows - its records are checked all the same") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(1);
  Json settings = stage.settings();
  settings["sql"]["query"] = cat("SELECT name, n FROM \"", stage.input, "\" WHERE false");
  stage.produce(0, 100);
  kafka.produce(stage.input, {{std::nullopt, "not JSON", 0, {}}});
  WorkerProcess worker(settings, "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 101; }));
  CHECK(accounts_of(stage).balance == kBalanced);
  CHECK(accounts_of(stage).dead_letters == 1);
}
