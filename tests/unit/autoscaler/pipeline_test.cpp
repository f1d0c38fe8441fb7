// Decisions over several stages.
#include <doctest/doctest.h>

#include <set>

#include "tests/unit/autoscaler/world.h"

using namespace world;

TEST_CASE("relief upstream finds the stages behind it ready") {
  Stage first(24, 1, 24), second(24, 1, 24);
  first.look.name = "parse";
  second.look.name = "store";
  second.look.kind = StageKind::sink;
  second.look.upstream = {0};
  Autoscaler autoscaler;
  Objectives objectives{.latency_seconds = 5.0, .throughput = {}};
  double asked_first = 0, asked_second = 0, worst = 0;
  for (int now = 0; now < 300; ++now) {
    const double rate = now < 120 ? 800 : 8000;
    const double sent = first.second(now, rate);
    second.second(now, sent);
    const auto decisions = autoscaler.evaluate(now, objectives, {first.look, second.look});
    first.look.replicas = decisions[0].to;
    second.look.replicas = decisions[1].to;
    if (now >= 120 && asked_first == 0 && decisions[0].to > 5) asked_first = now;
    if (now >= 120 && asked_second == 0 && decisions[1].to > 5) asked_second = now;
    if (now >= 130) worst = std::max(worst, second.backlog() / 8000);
  }
  CHECK(asked_first > 0);
  CHECK(asked_second == asked_first);  // not after a start-up of the first
  CHECK(worst < 2.5);                  // seconds of load that wait in front of the second
}

TEST_CASE("a stage that lets little through does not scale what is behind it") {
  Stage first(24, 1, 24), second(24, 1, 24);
  first.look.name = "filter";
  second.look.name = "store";
  second.look.upstream = {0};
  Autoscaler autoscaler;
  for (int now = 0; now < 200; ++now) {
    const double sent = first.second(now, now < 120 ? 800 : 8000) * 0.05;
    *first.look.records_out -= first.look.records_out.value() - 0.05 * [&] {
      double taken = 0;
      for (const double position : first.position) taken += position;
      return taken;
    }();
    second.second(now, sent);
    const auto decisions =
        autoscaler.evaluate(now, {.latency_seconds = 5.0, .throughput = {}}, {first.look, second.look});
    first.look.replicas = decisions[0].to;
    second.look.replicas = decisions[1].to;
  }
  CHECK(first.look.replicas >= 9);
  CHECK(second.look.replicas == 1);
}

TEST_CASE("every decision names a known reason and says why in a sentence") {
  const std::set<std::string> known(std::begin(tidegate::autoscaler::kReasons),
                                    std::end(tidegate::autoscaler::kReasons));
  World w;
  for (const double rate : {100.0, 8000.0, 20000.0, 50.0}) {
    for (int i = 0; i < 120; ++i) {
      w.stage.reachable = i % 40 != 39;
      w.run(1, rate);
      CHECK_MESSAGE(known.count(w.last.reason) == 1, w.last.reason);
      CHECK_FALSE(w.last.sentence.empty());
    }
  }
}

TEST_CASE("what was learned in another version is ignored") {
  World w;
  w.autoscaler.learn(0, *tidegate::Json::parse("{\"version\": 2, \"stages\": {\"pick\": {\"startUpSeconds\": 99}}}"));
  w.run(3, 100);
  CHECK(w.autoscaler.learned(3).at("stages/pick/startUpSeconds").as_double() == doctest::Approx(10));
}

TEST_CASE("the capacity learned serves a new process from its first decision") {
  World w;
  w.run(60, 900);
  World next;
  next.autoscaler.learn(0, w.autoscaler.learned(w.now));
  next.run(4, 8000);
  CHECK(next.replicas() >= 9);
}

TEST_CASE("a stage behind a window keeps what drains a burst within the objective") {
  Stage windowed(24, 2, 24), store(24, 1, 24);
  windowed.look.name = "count";
  windowed.look.window_seconds = 120;
  store.look.name = "store";
  store.look.upstream = {0};
  Autoscaler autoscaler;
  const Objectives objectives{.latency_seconds = 130.0, .throughput = {}};  // five seconds a stage besides the window
  int waiting = 0, longest = 0, changes = 0;
  for (int now = 0; now < 3600; ++now) {
    windowed.second(now, 1000);
    store.second(now, now % 120 == 119 ? 12'000 : 0);
    const auto decisions = autoscaler.evaluate(now, objectives, {windowed.look, store.look});
    windowed.look.replicas = decisions[0].to;
    if (now >= 600 && decisions[1].to != store.look.replicas) ++changes;
    store.look.replicas = decisions[1].to;
    waiting = store.backlog() > 0 ? waiting + 1 : 0;
    if (now >= 600) longest = std::max(longest, waiting);
  }
  CHECK(longest <= 5);
  CHECK(changes == 0);
  CHECK(store.look.replicas >= 3);
  CHECK(store.look.replicas <= 5);
}
