// What is not known never scales in.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "tests/unit/autoscaler/world.h"

using world::Stage;
using world::World;

namespace {

// Twelve replicas that have long been more than enough but for the hold window.
World generous() {
  World w(Stage(24, 12));
  w.run(55, 8000);
  return w;
}

}  // namespace

TEST_CASE("figures that cannot be read hold what there is and are told after a minute") {
  World w = generous();
  w.stage.reachable = false;
  w.run(50, 100);
  CHECK(w.replicas() == 12);
  CHECK(w.last.reason == "Unknown");
  CHECK_FALSE(w.last.unknown_too_long);
  w.run(200, 100);
  CHECK(w.replicas() == 12);
  CHECK(w.last.unknown_too_long);
  CHECK(w.last.unknown_seconds.value() > 200);
  w.stage.reachable = true;
  w.run(55, 100);
  CHECK(w.replicas() == 12);  // a hold window of knowledge first
  w.run(30, 100);
  CHECK(w.replicas() < 12);
}

TEST_CASE("a look that could not be read costs that look and no knowledge") {
  World w(Stage(24, 1));
  w.run(70, 800);
  w.stage.reachable = false;
  w.run(1, 5000);
  CHECK(w.last.reason == "Unknown");
  w.stage.reachable = true;
  w.run(1, 5000);  // two seconds' arrivals in two seconds: the surge, not confirmed yet
  CHECK(w.last.reason != "Unknown");
  w.run(1, 5000);
  CHECK(w.last.reason == "ScaleOut");
  CHECK(w.replicas() >= 6);
}

TEST_CASE("the gap of unreadable looks is no surge at its end") {
  World w(Stage(24, 1));
  w.run(70, 800);
  for (const int gap : {2, 8, 14, 40}) {
    CAPTURE(gap);
    w.stage.reachable = false;
    w.run(gap, 800);
    w.stage.reachable = true;
    w.run(20, 800);
    CHECK(w.replicas() == 1);
    CHECK(w.last.reason == "Steady");
  }
}

TEST_CASE("each kind of bad figure is unknown") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  struct Case {
    std::string what;
    void (*spoil)(world::StageLook&);
  };
  static double bad = 0;
  const auto spoil_end = [](world::StageLook& look) { look.partitions[3].end = bad; };
  const Case cases[] = {
      {"one partition is missing", [](world::StageLook& look) { look.partitions[5].position.reset(); }},
      {"no partition is known", [](world::StageLook& look) { look.partitions.clear(); }},
      {"read beyond the end",
       [](world::StageLook& look) { look.partitions[2].position = *look.partitions[2].end + 5; }},
      {"a counter was reset",
       [](world::StageLook& look) {
         look.partitions[7].end = 1;
         look.partitions[7].position = 1;
       }},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    World w = generous();
    w.stage.second(w.now, 100);
    one.spoil(w.stage.look);
    w.decide();
    CHECK(w.last.reason == "Unknown");
    CHECK(w.replicas() == 12);
  }
  for (const double value : {nan, infinite, -1.0}) {
    bad = value;
    World w = generous();
    w.stage.second(w.now, 100);
    spoil_end(w.stage.look);
    w.decide();
    CHECK(w.last.reason == "Unknown");
  }
}

TEST_CASE("after a counter was reset it goes on and does not scale in for a hold window") {
  World w = generous();
  for (double& end : w.stage.end) end = 0;
  for (double& position : w.stage.position) position = 0;
  w.run(58, 100);
  CHECK(w.replicas() == 12);
  w.run(20, 100);
  CHECK(w.replicas() < 12);
}

TEST_CASE("a clock that jumps scales nothing in") {
  for (const double jump : {-1000.0, 100'000.0}) {
    World w = generous();
    w.now += jump;
    w.run(5, 100);
    CHECK(w.replicas() == 12);
  }
}

TEST_CASE("a hung transaction is unknown and not silence") {
  World w = generous();
  double readable = 0;
  for (int i = 0; i < 120; ++i) {
    w.stage.second(w.now, 8000);
    for (auto& partition : w.stage.look.partitions) {
      if (i == 0) readable = *partition.position;
      partition.readable = std::min(*partition.end, readable);
      partition.position = std::min(*partition.position, *partition.readable);
    }
    w.decide();
    w.now += 1;
  }
  CHECK(w.replicas() == 12);
  CHECK(w.last.reason == "Unknown");
  CHECK(w.last.sentence.find("transaction") != std::string::npos);
}

TEST_CASE("leaders that move one after the other scale nothing in") {
  World w = generous();
  for (int i = 0; i < 240; ++i) {
    w.stage.second(w.now, 100);
    if (i % 20 < 3) w.stage.look.partitions[static_cast<std::size_t>(i) % 24].end.reset();
    w.decide();
    w.now += 1;
  }
  CHECK(w.replicas() == 12);
}

TEST_CASE("an operator that just took over scales nothing in for a hold window") {
  World w(Stage(24, 12));
  w.autoscaler.took_over(w.now);
  w.run(58, 100);
  CHECK(w.replicas() == 12);
  w.run(20, 100);
  CHECK(w.replicas() == 1);
}

TEST_CASE("without busy time it does not guess a capacity") {
  World w(Stage(24, 3));
  for (int i = 0; i < 200; ++i) {
    w.stage.second(w.now, 100);
    w.stage.look.busy_seconds.reset();
    w.decide();
    w.now += 1;
  }
  CHECK(w.replicas() == 3);
  CHECK(w.last.reason == "WarmingUp");
}

TEST_CASE("a true zero is no unknown") {
  World w(Stage(24, 4));
  w.run(70, 100);
  w.run(100, 0);
  CHECK(w.last.reason == "Steady");
  CHECK(w.replicas() == 1);
}

TEST_CASE("a stage whose target is away is neither scaled out nor in") {
  World w(Stage(24, 2));
  w.run(70, 1500);
  w.stage.look.held_up = "PostgreSQL: connection refused";
  w.run(120, 9000);
  CHECK(w.replicas() == 2);
  CHECK(w.last.sentence.find("connection refused") != std::string::npos);
}
