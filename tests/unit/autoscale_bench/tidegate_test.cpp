#include "bench/autoscale/peers/tidegate.h"

#include <doctest/doctest.h>

#include "bench/autoscale/model/run.h"

using namespace tidegate::bench;

TEST_CASE("the law sees what the operator would see") {
  Setting setting;
  setting.partitions = 4;
  setting.max = 3;
  setting.capacity = 100;
  DataPlane plane(setting, 2);
  for (int i = 0; i < 10; ++i) plane.step(std::vector<double>(4, 30));
  const auto look = look_at(plane, true);
  CHECK(look.limits.max == 3);
  REQUIRE(look.partitions.size() == 4);
  CHECK(look.partitions[0].end.value() == doctest::Approx(300));
  CHECK(look.partitions[0].position.value() == doctest::Approx(300));
  CHECK(look.busy_seconds.value() == doctest::Approx(12));
  CHECK(look.replicas == 2);
  CHECK_FALSE(look.moving);
}

TEST_CASE("without metrics every figure is unknown") {
  const DataPlane plane(Setting{}, 2);
  const auto look = look_at(plane, false);
  CHECK_FALSE(look.partitions.at(0).end.has_value());
  CHECK_FALSE(look.busy_seconds.has_value());
  CHECK_FALSE(look.age_seconds.has_value());
  CHECK(look.ready == 2);
}

TEST_CASE("an hour of constant load with noise: no direction reversal") {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const Outcome outcome = run(synthetic("constant", seed, {}), tidegate_law("Tidegate"));
    CAPTURE(seed);
    CHECK(outcome.reversals == 0);
    CHECK(outcome.violation_seconds == 0);
  }
}

TEST_CASE("a step of ten times: asked for within 3 s by one decision and recovered within 1.5 times start-up") {
  const Scenario scenario = synthetic("step", 1, {});
  const Outcome outcome = run(scenario, tidegate_law("Tidegate"));
  for (std::size_t i = 0; i < outcome.steps.size(); ++i) {
    CAPTURE(i);
    const auto at = static_cast<std::size_t>(scenario.steps_up[i]);
    CHECK(outcome.asked[at + 2] >= replicas_for(scenario.setting, scenario.rate[at]));
    CHECK(outcome.steps[i].decisions == 1);
    CHECK(outcome.steps[i].recovery_seconds <= 1.5 * scenario.setting.start_up);
  }
}

TEST_CASE("no metrics for a minute: the count stays") {
  Scenario scenario = synthetic("constant", 1, {});
  scenario.outage_at = 1800;
  const Outcome outcome = run(scenario, tidegate_law("Tidegate"));
  for (std::size_t t = 1800; t < 1860; ++t) CHECK(outcome.asked[t] == outcome.asked[1799]);
}
