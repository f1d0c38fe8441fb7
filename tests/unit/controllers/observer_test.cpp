#include <doctest/doctest.h>

#include "controllers/observation/observers.h"
#include "tests/unit/controllers/world.h"

using namespace tidegate;
using namespace tidegate::controllers;

namespace {

struct Bench {
  std::shared_ptr<FakeKafka> kafka = std::make_shared<FakeKafka>();
  Duration now{1'000'000};
  int pipeline_calls = 0, cluster_calls = 0, looks = 0;
  Observer observer{
      [this]() -> Result<std::shared_ptr<KafkaLink>> { return std::shared_ptr<KafkaLink>(kafka); },
      {[this](const kube::Key&) { ++pipeline_calls; }, [this] { ++cluster_calls; }, [this](Observer&) { ++looks; }},
      {[] { return WallTime{}; }, [this] { return SteadyTime(now); }}};
  kube::Key key{"shop", "fraud"};

  Bench() {
    REQUIRE(kafka->create_topic({"payments", 1, 1, {}}).ok());
    observer.watch(key, {{"payments"}, {{"score", "g", "payments", crds::Start::earliest, true}}});
  }
  void tick(int seconds = 1) {
    now += Duration(seconds * 1000);
    observer.tick();
  }
  void commit(std::int64_t position) {
    kafka::CommitMetadata metadata;
    metadata.position = metadata.records_in = position;
    metadata.at_ms = now.count();
    kafka->commit("g", 0, metadata);
  }
};

}  // namespace

TEST_CASE("a cluster is unknown until it has answered or failed to") {
  Bench bench;
  CHECK_FALSE(bench.observer.cluster().known);
  bench.tick();
  CHECK(bench.observer.cluster().reachable);
  CHECK(bench.observer.cluster().brokers == 1);
  CHECK(bench.cluster_calls == 1);
  CHECK(bench.observer.pipeline(bench.key).described);
  CHECK(bench.observer.pipeline(bench.key).cluster.topics.at("payments").partitions == 1);
}

TEST_CASE("each round is told also while Kafka is away") {
  Bench bench;
  bench.tick();
  bench.kafka->up = false;
  bench.tick(10);
  CHECK_FALSE(bench.observer.cluster().reachable);
  CHECK(bench.looks == 2);
}

TEST_CASE("a look that is asked for comes sooner but only every other time") {
  Bench bench;
  CHECK(bench.observer.rest() == Observer::kRound);
  bench.observer.look_soon();
  CHECK(bench.observer.rest() == Observer::kSoon);
  bench.observer.look_soon();
  CHECK(bench.observer.rest() == Observer::kRound);
  bench.observer.look_soon();
  CHECK(bench.observer.rest() == Observer::kSoon);
  CHECK(bench.observer.rest() == Observer::kRound);
}

TEST_CASE("an idle pipeline causes no calls") {
  Bench bench;
  bench.commit(0);
  for (int i = 0; i < 40; ++i) {  // until all figures are known
    bench.commit(0);
    bench.tick();
  }
  const int calls = bench.pipeline_calls;
  for (int i = 0; i < 60; ++i) {
    bench.commit(0);
    bench.tick();
  }
  CHECK(bench.pipeline_calls == calls);
}

TEST_CASE("a stall is a call at once a change of figures one every 30 s") {
  Bench bench;
  bench.commit(0);
  for (int i = 0; i < 5; ++i) bench.tick();
  for (int i = 0; i < 10; ++i) {
    bench.kafka->append("payments", 0, 100);
    bench.commit(bench.kafka->topics.at("payments").log[0].end);
    bench.tick();
  }
  const int flowing = bench.pipeline_calls;
  for (int i = 0; i < 61; ++i) {
    bench.kafka->append("payments", 0, 100 + i);
    bench.commit(bench.kafka->topics.at("payments").log[0].end);
    bench.tick();
  }
  CHECK(bench.pipeline_calls - flowing >= 1);
  CHECK(bench.pipeline_calls - flowing <= 3);
  const int before = bench.pipeline_calls;
  bench.kafka->append("payments", 0, 100);
  for (int i = 0; i < 12; ++i) bench.tick();
  CHECK(bench.observer.pipeline(bench.key).stages.at("score").standing >= kStandsStill);
  CHECK(bench.pipeline_calls > before);
}

TEST_CASE("while Kafka is away there is no link and afterwards nobody stands still because of that") {
  Bench bench;
  bench.commit(0);
  bench.kafka->append("payments", 0, 5);
  bench.tick();
  bench.kafka->up = false;
  for (int i = 0; i < 20; ++i) bench.tick();
  CHECK_FALSE(bench.observer.cluster().reachable);
  CHECK(bench.observer.link() == nullptr);
  CHECK(bench.observer.cluster().problem == "no broker answers");
  bench.kafka->up = true;
  bench.tick();
  CHECK(bench.observer.link() != nullptr);
  CHECK(bench.observer.pipeline(bench.key).stages.at("score").standing < kStandsStill);
}

TEST_CASE("a groups coordinator that moves is neither an outage nor a silent worker - one that stays away is told") {
  Bench bench;
  bench.commit(0);
  bench.tick();
  bench.kafka->coordinator = false;
  bench.kafka->append("payments", 0, 5);
  for (int i = 0; i < 12; ++i) bench.tick();
  CHECK(bench.observer.cluster().reachable);
  CHECK(bench.observer.pipeline(bench.key).stages.at("score").standing < kStandsStill);
  CHECK(bench.observer.pipeline(bench.key).stages.at("score").unread.empty());
  const int calls = bench.pipeline_calls;
  for (int i = 0; i < 5; ++i) bench.tick();
  CHECK(bench.observer.pipeline(bench.key).stages.at("score").unread == "no broker answers");
  CHECK(bench.pipeline_calls > calls);
  bench.kafka->coordinator = true;
  bench.tick();
  CHECK(bench.observer.pipeline(bench.key).stages.at("score").unread.empty());
}

TEST_CASE("a group that cannot be read is told although another one can") {
  Bench bench;
  bench.observer.watch(bench.key, {{"payments"},
                                   {{"score", "g", "payments", crds::Start::earliest, true},
                                    {"table", "lost", "payments", crds::Start::earliest, true}}});
  bench.commit(0);
  bench.kafka->append("payments", 0, 5);
  bench.kafka->lost_group = "lost";
  for (int i = 0; i < 18; ++i) {
    bench.commit(i % 2);
    bench.tick();
  }
  CHECK(bench.observer.pipeline(bench.key).stages.at("score").unread.empty());
  CHECK_FALSE(bench.observer.pipeline(bench.key).stages.at("table").unread.empty());
}

TEST_CASE("logs that cannot be read are told") {
  Bench bench;
  bench.commit(0);
  bench.tick();
  bench.kafka->leaders = false;
  for (int i = 0; i < 10; ++i) bench.tick();
  CHECK(bench.observer.pipeline(bench.key).stages.at("score").unread.empty());
  for (int i = 0; i < 7; ++i) bench.tick();
  CHECK_FALSE(bench.observer.pipeline(bench.key).stages.at("score").unread.empty());
}

TEST_CASE("external clusters that nobody watches are let go") {
  Observers observers({[](const kube::Key&) {}, [](const kube::Key&) {}, Clock::real(), false});
  const Connector none = []() -> Result<std::shared_ptr<KafkaLink>> { return Error{"KafkaUnavailable", "none"}; };
  observers.get("external:k:9092", none)->watch({"shop", "fraud"}, {});
  observers.get("shop/fraud", none)->watch({"shop", "fraud"}, {});
  observers.forget({"shop", "fraud"});
  CHECK(observers.find("external:k:9092") == nullptr);
  CHECK(observers.find("shop/fraud") != nullptr);
  observers.drop("shop/fraud");
  CHECK(observers.find("shop/fraud") == nullptr);
}
