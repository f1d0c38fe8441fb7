#include "bench/autoscale/peers/hpa.h"

#include <doctest/doctest.h>

using namespace tidegate::bench;

TEST_CASE("an average value of twice the target doubles") {
  CHECK(hpa_average_value(2 * 200, 100, 2) == 4);  // 200m where 100m is wanted
  CHECK(hpa_average_value(109, 100, 1) == 1);      // within the tolerance of 0.1
  CHECK(hpa_average_value(111, 100, 1) == 2);
  CHECK(hpa_average_value(89, 100, 2) == 1);
  CHECK(hpa_average_value(0, 100, 3) == 0);
}

TEST_CASE("utilisation over ready pods") {
  CHECK(hpa_utilisation(1.0, 0.7, 7, 7) == 10);
  CHECK(hpa_utilisation(0.75, 0.7, 7, 7) == 7);
  CHECK(hpa_utilisation(0.35, 0.7, 8, 8) == 4);
}

TEST_CASE("pods without figures damp and never turn the direction") {
  CHECK(hpa_utilisation(1.0, 0.7, 5, 10) == 10);  // five starting ones count as idle: 0.5 / 0.7 would turn it round
  CHECK(hpa_utilisation(1.0, 0.7, 9, 10) == 13);  // 9 / 10 / 0.7 * 10
  CHECK(hpa_utilisation(0.2, 0.7, 5, 10) == 7);   // (1 + 3.5) / 10 / 0.7 * 10 = 6.4
  CHECK(hpa_utilisation(0.5, 0.7, 0, 4) == 4);
}

TEST_CASE("growth is bounded by four or twice in 15 seconds") {
  HpaBehaviour behaviour;
  CHECK(behaviour.apply(0, 2, 20, 1, 100) == 6);
  CHECK(behaviour.apply(15, 6, 20, 1, 100) == 12);
  CHECK(behaviour.apply(30, 12, 20, 1, 100) == 20);
  HpaBehaviour large;
  CHECK(large.apply(0, 10, 100, 1, 100) == 20);
  CHECK(large.apply(15, 20, 100, 1, 100) == 40);
  CHECK(large.apply(30, 40, 100, 1, 100) == 80);
  CHECK(large.apply(45, 80, 100, 1, 100) == 100);
}

TEST_CASE("shrinking waits for the largest recommendation of 300 seconds") {
  HpaBehaviour behaviour;
  CHECK(behaviour.apply(0, 10, 10, 1, 100) == 10);
  CHECK(behaviour.apply(15, 10, 4, 1, 100) == 10);
  CHECK(behaviour.apply(300, 10, 3, 1, 100) == 10);
  CHECK(behaviour.apply(315, 10, 2, 1, 100) == 4);
  CHECK(behaviour.apply(330, 4, 2, 3, 100) == 3);
}

TEST_CASE("what is found at the start counts as recommended") {
  HpaBehaviour behaviour;
  CHECK(behaviour.apply(15, 10, 4, 1, 100) == 10);
  CHECK(behaviour.apply(300, 10, 4, 1, 100) == 10);
  CHECK(behaviour.apply(330, 10, 4, 1, 100) == 4);
}

TEST_CASE("KEDA sees lag against commits and no more than the partitions can use") {
  Setting setting;
  setting.partitions = 10;
  setting.capacity = 100;
  DataPlane plane(setting, 2);
  for (int i = 0; i < 30; ++i) plane.step(std::vector<double>(10, 10));
  const double lag = committed_lag(plane);
  CHECK(lag == doctest::Approx(250).epsilon(0.15));  // 2.5 s of 100 a second
  CHECK(keda_lag(lag, 10, {.lag_threshold = 1000}) == lag);
  CHECK(keda_lag(lag, 10, {.lag_threshold = 10}) == 100);
  CHECK(keda_lag(lag, 10, {.lag_threshold = 10, .limit_to_partitions = false}) == lag);
}

TEST_CASE("KEDA's law answers with bounded growth and waits with shrinking") {
  KedaLaw law({.lag_threshold = 100, .down_window = 30});
  CHECK(law.evaluate(0, 2, 2000, 24, 16) == 6);    // 20 wanted; four more at a time
  CHECK(law.evaluate(15, 6, 9999, 24, 16) == 12);  // twice
  CHECK(law.evaluate(30, 12, 9999, 24, 16) == 16);
  CHECK(law.evaluate(45, 16, 100, 24, 16) == 16);
  CHECK(law.evaluate(75, 16, 100, 24, 16) == 1);
}
