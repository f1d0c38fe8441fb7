#include "controllers/autoscaler/spread.h"

#include <doctest/doctest.h>

using tidegate::autoscaler::Spread;

TEST_CASE("whole partitions are what can be shared out") {
  const Spread even(std::vector<double>(12, 1.0));
  CHECK(even.busiest(1) == doctest::Approx(1));
  CHECK(even.busiest(4) == doctest::Approx(0.25));
  CHECK(even.busiest(5) == doctest::Approx(0.25));  // three partitions somewhere, as with four
  CHECK(even.busiest(6) == doctest::Approx(1.0 / 6));
  CHECK(even.busiest(40) == doctest::Approx(1.0 / 12));
  CHECK(even.smallest_like(11) == 6);
  CHECK(even.smallest_like(40) == 12);
}

TEST_CASE("the heaviest partition bounds what replicas can bring") {
  const Spread skewed({1, 1, 7, 1});
  CHECK(skewed.heaviest() == doctest::Approx(0.7));
  CHECK(skewed.heaviest_partition() == 2);
  CHECK(skewed.busiest(4) == doctest::Approx(0.7));
  CHECK(skewed.busiest(2) == doctest::Approx(0.8));
  CHECK(skewed.even(2) == doctest::Approx(0.5));
  CHECK(skewed.even(3) == doctest::Approx(0.5));
}

TEST_CASE("without any load partitions count alike") {
  CHECK(Spread({0, 0, 0, 0}).busiest(2) == doctest::Approx(0.5));
}

TEST_CASE("a source has no grains") {
  CHECK(Spread().busiest(5) == doctest::Approx(0.2));
}

TEST_CASE("heavy partitions that share a replica are provided for") {
  const std::vector<double> loads = {3, 3, 3, 1, 1, 1};
  Spread spread(loads);
  const double expected = spread.busiest(2);
  spread.observe(loads, {0, 0, 0, 1, 1, 1});
  CHECK(spread.busiest(2) == doctest::Approx(0.75));
  CHECK(expected < 0.7);
  CHECK(spread.busiest(6) == doctest::Approx(0.25));  // one partition each: nothing can meet
  spread.observe(loads, {0, -1, 0, 1, 1, 1});         // not all are known: what was seen stays
  CHECK(spread.busiest(2) == doctest::Approx(0.75));
  spread.observe(loads, {0, 1, 0, 1, 0, 1});
  CHECK(spread.busiest(2) == doctest::Approx(expected).epsilon(0.1));
}

TEST_CASE("an assignment of even partitions shows no unevenness") {
  const std::vector<double> loads(5, 2.0);
  Spread spread(loads);
  spread.observe(loads, {0, 0, 0, 1, 1});
  CHECK(spread.unevenness() == doctest::Approx(1));
}
