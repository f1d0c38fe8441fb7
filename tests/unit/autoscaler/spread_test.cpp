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
