#include "controllers/autoscaler/laggard.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

using tidegate::autoscaler::Figure;
using tidegate::autoscaler::Laggard;
using tidegate::autoscaler::StageLook;

namespace {

// Two partitions a replica, which takes in at most its own capacity.
struct Group {
  StageLook look;
  std::vector<double> capacities;
  double now = 0;

  explicit Group(std::vector<double> each) : capacities(std::move(each)) {
    look.replicas = look.ready = static_cast<int>(capacities.size());
    look.partitions.resize(2 * capacities.size());
    for (std::size_t p = 0; p < look.partitions.size(); ++p)
      look.partitions[p] = {.end = 0.0, .readable = {}, .position = 0.0, .replica = static_cast<int>(p / 2)};
  }
  void run(Laggard& laggard, int seconds, double rate_of_each_partition) {
    for (int i = 0; i < seconds; ++i, ++now) {
      for (auto& partition : look.partitions) {
        const double able = capacities[static_cast<std::size_t>(partition.replica)] / 2;
        *partition.end += rate_of_each_partition;
        *partition.position += std::min(able, *partition.end - *partition.position);
      }
      laggard.look(now, look, 1000.0);
    }
  }
};

}  // namespace

TEST_CASE("the replica for which records wait while others keep up is the slow one") {
  Group group({1000, 1000, 400, 1000});
  Laggard laggard;
  group.run(laggard, 5, 400);
  CHECK_FALSE(laggard.rate());  // not after a moment
  group.run(laggard, 20, 400);
  REQUIRE(laggard.rate());
  CHECK(*laggard.rate() == doctest::Approx(400));
  CHECK(laggard.replica() == 2);
}

TEST_CASE("a slow replica is remembered when it is relieved and forgotten when it turns out quick or goes") {
  Group group({1000, 1000, 400, 1000});
  Laggard laggard;
  group.run(laggard, 30, 400);
  group.run(laggard, 120, 100);  // catches up and idles
  CHECK(laggard.replica() == 2);
  SUBCASE("quick") {
    group.capacities[2] = 1000;
    group.run(laggard, 30, 450);
    CHECK_FALSE(laggard.rate());
  }
  SUBCASE("gone") {
    group.look.replicas = 2;
    group.run(laggard, 2, 100);
    CHECK_FALSE(laggard.rate());
  }
  SUBCASE("long ago") {
    group.run(laggard, 3700, 100);
    CHECK_FALSE(laggard.rate());
  }
}

TEST_CASE("where all are at their limit nobody is slow") {
  Group group({600, 600, 600, 600});
  Laggard laggard;
  group.run(laggard, 60, 800);
  CHECK_FALSE(laggard.rate());
}

TEST_CASE("a replica that stands still is stuck and not slow") {
  Group group({1000, 1000, 0, 1000});
  Laggard laggard;
  group.run(laggard, 60, 400);
  CHECK_FALSE(laggard.rate());
}

TEST_CASE("nothing is said when it is not known who holds what or while partitions move") {
  Group group({1000, 1000, 400, 1000});
  Laggard laggard;
  SUBCASE("unknown holder") {
    group.look.partitions[7].replica = -1;
  }
  SUBCASE("moving") {
    group.look.moving = true;
  }
  if (group.look.moving) {
    group.run(laggard, 60, 400);
  } else {
    for (int i = 0; i < 60; ++i) laggard.look(i, group.look, 1000.0);
  }
  CHECK_FALSE(laggard.rate());
}
