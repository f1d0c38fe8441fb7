// A step up is checked against what it promised.
#include <doctest/doctest.h>

#include "tests/unit/autoscaler/world.h"

using world::Stage;
using world::StageKind;
using world::World;

namespace {

World limited(StageKind kind) {
  Stage stage(24, 2, 24);
  stage.look.kind = kind;
  stage.shared_limit = 2000;
  World w(stage);
  w.run(120, 1500);
  w.changes.clear();
  w.run(240, 2600);
  return w;
}

}  // namespace

TEST_CASE("a step that brought nothing is undone and remembered") {
  World w = limited(StageKind::processor);
  REQUIRE(w.changes.size() >= 2);
  CHECK(w.changes[0].reason == "ScaleOut");
  CHECK(w.changes[1].reason == "NoGain");
  CHECK(w.changes[1].to == w.changes[0].from);
  CHECK(w.changes[1].sentence.find("limited by something else") != std::string::npos);
  const std::size_t tried = w.changes.size();
  w.run(600, 2600);
  CHECK(w.changes.size() == tried);  // not again and again
  CHECK(w.last.reason == "Knee");
}

TEST_CASE("a sink whose target is the limit is not scaled up and says so") {
  World w = limited(StageKind::sink);
  REQUIRE(w.changes.size() >= 2);
  CHECK(w.changes[1].reason == "SinkLimited");
  w.run(60, 2600);
  CHECK(w.last.reason == "SinkLimited");
  CHECK(w.last.advice.find("target") != std::string::npos);
}

TEST_CASE("the knee outlives a restart and expires") {
  World w = limited(StageKind::processor);
  const auto learned = w.autoscaler.learned(w.now);
  World next(w.stage);
  next.now = 5;
  next.autoscaler.learn(next.now, learned);
  next.run(120, 2600);
  CHECK(next.changes.empty());
  next.stage.shared_limit = 1e9;  // the cause went away
  next.run(4000, 2600);
  CHECK(next.replicas() >= 3);
}

TEST_CASE("a step that helped stays") {
  World w(Stage(24, 1, 24));
  w.run(60, 800);
  w.run(50, 1800);
  CHECK(w.changes.size() == 1);
  CHECK(w.replicas() >= 2);
}

TEST_CASE("start-up time is learned and used") {
  Stage stage(96, 2, 96);
  stage.start_up = 40;
  World w(stage);
  w.run(100, 1500);
  for (int i = 0; i < 6; ++i) {
    w.run(150, 6000);
    w.run(200, 1500);
  }
  const double learned = w.autoscaler.learned(w.now).at("stages/pick/startUpSeconds").as_double();
  CHECK(learned > 30);
  CHECK(learned < 45);
}

TEST_CASE("pods that no node takes end further requests and are named") {
  World w(Stage(24, 2, 24));
  w.run(100, 1800);
  w.stage.look.unschedulable = 1;
  w.stage.look.unschedulable_why = "insufficient cpu";
  w.run(60, 9000);
  CHECK(w.replicas() == 2);
  CHECK(w.last.reason == "Unschedulable");
  CHECK(w.last.sentence.find("insufficient cpu") != std::string::npos);
}

TEST_CASE("one change is in flight at a time unless it turns out to be too small") {
  World w(Stage(96, 1, 96));
  w.run(60, 800);
  w.run(4, 1900);
  REQUIRE(w.changes.size() == 1);
  w.run(4, 2000);
  CHECK(w.changes.size() == 1);
  w.run(4, 20000);
  CHECK(w.changes.size() == 2);
}

TEST_CASE("while no pod of a step comes no more are asked for") {
  World w(Stage(96, 1, 96));
  w.run(60, 800);
  w.stage.start_up = 100'000;
  w.run(900, 1900);
  CHECK(w.changes.size() == 1);
}

TEST_CASE("a straggler among the new pods does not end all decisions") {
  World w(Stage(96, 1, 96));
  w.run(60, 800);
  w.stage.stragglers = 1;
  w.stage.capacity = 200;  // the new ones find the work harder than it was
  w.run(30, 1900);
  REQUIRE(w.changes.size() == 1);
  w.run(400, 1900);
  CHECK(w.changes.size() > 1);
}
