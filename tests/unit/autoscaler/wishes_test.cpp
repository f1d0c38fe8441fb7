// What the user may wish: bounds, pauses, dry runs, throughput, standing empty.
#include <doctest/doctest.h>

#include "tests/unit/autoscaler/world.h"

using world::Stage;
using world::StageKind;
using world::World;

TEST_CASE("bounds hold whatever is known") {
  World w(Stage(24, 1, 24));
  w.stage.look.limits.min = 3;
  w.stage.reachable = false;
  w.run(1, 100);
  CHECK(w.replicas() == 3);
  CHECK(w.last.reason == "Min");
  w.stage.look.limits.max = 2;
  w.stage.look.limits.min = 1;
  w.run(1, 100);
  CHECK(w.replicas() == 2);
  CHECK(w.last.reason == "Max");
}

TEST_CASE("scaling can be paused in each direction and says what it would do") {
  World in(Stage(24, 10));
  in.stage.look.limits.pause_in = true;
  in.run(120, 100);
  CHECK(in.replicas() == 10);
  CHECK(in.last.reason == "PausedIn");
  CHECK(in.last.recommended == 1);

  World out;
  out.run(60, 800);
  out.stage.look.limits.pause_out = true;
  out.run(10, 8000);
  CHECK(out.replicas() == 1);
  CHECK(out.last.reason == "PausedOut");
  CHECK(out.last.recommended > 8);
}

TEST_CASE("a dry run only recommends") {
  World w;
  w.stage.look.limits.recommend_only = true;
  w.run(60, 800);
  w.run(10, 8000);
  CHECK(w.replicas() == 1);
  CHECK(w.last.recommended > 8);
  CHECK(w.last.sentence.find("recommended only") == 0);
}

TEST_CASE("the stated throughput is always provided for") {
  World w;
  w.objectives.throughput = 5000;
  w.run(200, 500);
  CHECK(w.replicas() == 6);
}

TEST_CASE("a stage that may stand empty goes to sleep and wakes with the first record") {
  Stage stage(24, 1, 24);
  stage.look.limits.min = 0;
  World w(stage);
  w.run(60, 500);
  w.run(250, 0);
  CHECK(w.replicas() == 1);
  w.run(80, 0);
  CHECK(w.replicas() == 0);
  CHECK(w.last.reason == "Idle");
  w.run(600, 0);
  CHECK(w.replicas() == 0);
  w.run(2, 500);
  CHECK(w.replicas() == 1);
  CHECK(w.changes.back().reason == "Woken");
}

TEST_CASE("an intake scales on the bytes that clients wait for") {
  Stage stage;
  stage.look.kind = StageKind::source;
  stage.look.bytes_per_replica = 1000;
  stage.look.partitions.clear();
  World w(stage);
  const auto run = [&](int seconds, std::optional<double> bytes) {
    for (int i = 0; i < seconds; ++i) {
      w.stage.look.bytes_in_flight = bytes;
      w.stage.look.ready = w.stage.look.replicas;
      w.decide();
      w.now += 1;
    }
  };
  run(10, 100);
  CHECK(w.replicas() == 1);
  run(1, 2200);
  CHECK(w.replicas() == 5);
  run(100, std::nullopt);
  CHECK(w.replicas() == 5);
  CHECK(w.last.reason == "Unknown");
  run(55, 100);
  CHECK(w.replicas() == 5);
  run(10, 100);
  CHECK(w.replicas() == 1);
}

TEST_CASE("time in which nothing could be seen does not count as idle") {
  Stage stage(24, 1, 24);
  stage.look.limits.min = 0;
  World w(stage);
  w.run(60, 500);
  w.run(100, 0);
  w.stage.reachable = false;
  w.run(600, 0);
  w.stage.reachable = true;
  w.run(280, 0);
  CHECK(w.replicas() == 1);
  w.run(60, 0);
  CHECK(w.replicas() == 0);
}

TEST_CASE("an intake that may not have the replicas it needs says what to change") {
  Stage stage(24, 1, 3);
  stage.look.kind = StageKind::source;
  stage.look.bytes_per_replica = 1000;
  stage.look.partitions.clear();
  stage.look.bytes_in_flight = 4000;
  World w(stage);
  for (int i = 0; i < 5; ++i) {
    w.stage.look.ready = w.stage.look.replicas;
    w.decide();
    w.now += 1;
  }
  CHECK(w.replicas() == 3);
  CHECK(w.last.reason == "AtMax");
  CHECK(w.last.advice == "raise scale.max to 8 (it is 3)");
}
