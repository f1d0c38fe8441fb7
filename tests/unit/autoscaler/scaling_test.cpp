// How many replicas, in virtual time.
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <random>

#include "tests/unit/autoscaler/world.h"

using world::Stage;
using world::World;

TEST_CASE("a tenfold step is answered within three seconds by one decision and is over soon after start-up") {
  World w;
  w.run(120, 800);
  REQUIRE(w.replicas() == 1);
  w.changes.clear();
  double asked_after = 0;
  for (int second = 1; second <= 15; ++second) {
    w.run(1, 8000);
    if (asked_after == 0 && w.replicas() >= 9) asked_after = second;
  }
  CHECK(asked_after > 0);
  CHECK(asked_after <= 3);
  CHECK(w.changes.size() == 1);
  CHECK(w.changes[0].reason == "ScaleOut");
  CHECK(w.stage.backlog() < 5 * 8000);  // nobody waits longer than the objective 1.5 start-ups after the step
  w.run(60, 8000);
  CHECK(w.stage.backlog() < 0.5 * 8000);
}

TEST_CASE("what a step needs is decided at the second look however soon that comes") {
  World w;
  w.run(120, 800);
  REQUIRE(w.replicas() == 1);
  CHECK_FALSE(w.last.surprised);
  w.run(1, 8000);
  CHECK(w.last.surprised);
  CHECK(w.replicas() == 1);
  w.now -= 0.6;
  w.stage.second(w.now, 8000 * 0.4);
  w.decide();
  CHECK_FALSE(w.last.surprised);
  CHECK(w.replicas() >= 9);
}

TEST_CASE("rates count from when the ends were read") {
  World w;
  for (int second = 0; second < 120; ++second) {
    w.stage.second(second, 800);
    w.stage.look.read_at = second;
    w.now = second + (second % 2 == 0 ? 0.0 : 0.5);  // evaluated late every other time
    w.decide();
    if (second < 2) continue;
    CHECK_FALSE(w.last.surprised);
    CHECK(w.last.terms.at(0).second == doctest::Approx(800));
  }
}

TEST_CASE("it scales in to what the last minute needed and no earlier") {
  World w(Stage(24, 10));
  w.run(90, 8000);
  w.changes.clear();
  w.run(50, 1000);
  CHECK(w.changes.empty());
  w.run(30, 1000);
  CHECK(w.replicas() == 2);
  CHECK(w.last.reason == "Steady");
  CHECK(w.changes.size() == 1);
  CHECK(w.changes[0].reason == "ScaleIn");
}

TEST_CASE("at a constant load with noise nothing is turned back within an hour") {
  for (const double load : {0.5, 0.9, 0.95, 0.99, 1.05}) {
    std::mt19937 random(7);
    std::normal_distribution<double> noise(1, 0.02);
    World w(Stage(96, 8, 96));
    w.stage.capacity = 1000;
    int direction = 0, reversals = 0;
    for (int i = 0; i < 3600; ++i) {
      const int before = w.replicas();
      w.run(1, 8000 * load * noise(random));
      const int change = w.replicas() - before;
      if (change == 0) continue;
      if (direction != 0 && (change > 0) != (direction > 0)) ++reversals;
      direction = change;
    }
    CAPTURE(load);
    CHECK(reversals == 0);
  }
}

TEST_CASE("a rising load finds its replicas ready") {
  World w;
  w.run(60, 500);
  double worst = 0;
  for (int i = 0; i < 300; ++i) {
    w.run(1, 500 + 30 * i);
    worst = std::max(worst, w.stage.backlog() / (500 + 30 * i));
  }
  CHECK(worst < 1);  // seconds of load
}

TEST_CASE("a count that cannot help is not asked for") {
  World w(Stage(12, 3, 12));
  w.run(120, 2800);
  w.run(30, 3500);  // five replicas leave one of them with three partitions as four do
  CHECK(w.replicas() == 4);
  w.run(60, 4300);
  CHECK(w.replicas() == 6);
}

TEST_CASE("a partition that is too heavy for a replica is named and nothing is wasted on it") {
  Stage stage(8, 2, 8);
  stage.shares = {0.65, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05};
  World w(stage);
  w.run(100, 1000);
  w.run(60, 2400);
  CHECK(w.last.reason == "Skewed");
  CHECK(w.last.advice.find("partition 0 alone") != std::string::npos);
  CHECK(w.last.advice.find("key") != std::string::npos);
}

TEST_CASE("a limit that keeps it from the objective is told with the number that would do") {
  SUBCASE("scale.max") {
    World w(Stage(24, 1, 4));
    w.run(60, 800);
    w.run(60, 8000);
    CHECK(w.replicas() == 4);
    CHECK(w.last.reason == "AtMax");
    CHECK(w.last.advice.find("raise scale.max to ") == 0);
  }
  SUBCASE("partitions") {
    World w(Stage(4, 1, 24));
    w.run(60, 800);
    w.run(60, 8000);
    CHECK(w.replicas() == 4);
    CHECK(w.last.reason == "AtPartitions");
    CHECK(w.last.advice.find("raise partitions of its topic to ") == 0);
  }
}

TEST_CASE("capacity that falls with the number of replicas is provided for") {
  Stage stage(96, 1, 96);
  World w(stage);
  const auto settle = [&](double rate) {
    for (int i = 0; i < 200; ++i) {
      w.stage.capacity = 1000 * std::pow(0.9, std::log2(std::max(1, w.stage.look.ready)));
      w.run(1, rate);
    }
  };
  for (const double rate : {700, 1500, 3000, 6000, 12000}) settle(rate);
  CHECK(w.stage.backlog() < 0.5 * 12000);
  CHECK(w.replicas() >= 20);
  CHECK(w.replicas() <= 26);
}

TEST_CASE("a daily wave is followed with little more than it needs") {
  World w(Stage(96, 4, 96));
  double cost = 0, best = 0, worst = 0;
  for (int i = 0; i < 7200; ++i) {
    const double rate = 10'000 + 8'000 * std::sin(2 * std::numbers::pi * i / 3600);
    w.run(1, rate);
    if (i < 120) continue;
    cost += w.replicas();
    best += std::ceil(rate / 1000);
    worst = std::max(worst, w.stage.backlog() / rate);
  }
  CHECK(worst < 1);
  CHECK(cost < 1.35 * best);
}
