#include "bench/autoscale/model/data_plane.h"

#include <doctest/doctest.h>

#include <numeric>

using namespace tidegate::bench;

namespace {

Setting small(int partitions) {
  Setting setting;
  setting.partitions = partitions;
  setting.capacity = 100;
  return setting;
}

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

void pass(DataPlane& plane, int seconds, double rate) {
  const auto partitions = plane.end().size();
  for (int i = 0; i < seconds; ++i) plane.step(std::vector<double>(partitions, rate / static_cast<double>(partitions)));
}

}  // namespace

TEST_CASE("capacity goes in steps of whole partitions") {
  const Setting setting = small(6);
  CHECK(even_capacity(setting, 1) == doctest::Approx(100));
  CHECK(even_capacity(setting, 3) == doctest::Approx(300));
  CHECK(even_capacity(setting, 4) == doctest::Approx(300));  // two replicas of four still hold two partitions
  CHECK(even_capacity(setting, 5) == doctest::Approx(300));
  CHECK(even_capacity(setting, 6) == doctest::Approx(600));
  CHECK(even_capacity(setting, 9) == doctest::Approx(600));  // the others stand idle
  CHECK(replicas_for(setting, 301) == 6);
  CHECK(replicas_for(setting, 300) == 3);
}

TEST_CASE("efficiency falls at every doubling") {
  Setting setting = small(8);
  setting.per_doubling = 0.9;
  CHECK(even_capacity(setting, 2) == doctest::Approx(180));
  CHECK(even_capacity(setting, 8) == doctest::Approx(8 * 72.9));
}

TEST_CASE("no record is lost or made") {
  DataPlane plane(small(7), 2);
  double arrived = 0;
  for (int t = 0; t < 300; ++t) {
    const double rate = t % 50 < 25 ? 350 : 20;
    arrived += rate;
    pass(plane, 1, rate);
    if (t == 40) plane.request(5);
    if (t == 120) plane.request(1);
    if (t == 200) plane.request(7);
  }
  CHECK(sum(plane.end()) == doctest::Approx(arrived));
  CHECK(sum(plane.position()) + plane.backlog() == doctest::Approx(arrived));
  CHECK(sum(plane.position()) == doctest::Approx(plane.processed()));
  for (std::size_t p = 0; p < plane.end().size(); ++p) {
    CHECK(plane.position()[p] <= plane.end()[p]);
    CHECK(plane.committed()[p] <= plane.position()[p]);
  }
}

TEST_CASE("a saturated replica serves its capacity and counts as busy") {
  DataPlane plane(small(4), 1);
  pass(plane, 10, 150);
  CHECK(plane.processed() == doctest::Approx(1000));
  CHECK(plane.busy_seconds() == doctest::Approx(10));
  CHECK(plane.utilisation().at(0) == doctest::Approx(1));
}

TEST_CASE("an idle share is not busy") {
  DataPlane plane(small(4), 2);
  pass(plane, 10, 50);
  CHECK(plane.processed() == doctest::Approx(500));
  CHECK(plane.busy_seconds() == doctest::Approx(5));
  CHECK(plane.age() == 0);
}

TEST_CASE("age is that of the oldest record that waits") {
  DataPlane plane(small(1), 1);
  pass(plane, 10, 200);  // 2,000 arrived, 1,000 served: the 1,000th arrived at second 5
  CHECK(plane.age() == doctest::Approx(5));
  pass(plane, 5, 0);  // 1,500 served: the next arrived at second 7.5, now is 15
  CHECK(plane.age() == doctest::Approx(7.5));
  pass(plane, 5, 0);
  CHECK(plane.age() == 0);
}

TEST_CASE("a new replica works after the start-up time and is paid for at once") {
  DataPlane plane(small(4), 1);
  pass(plane, 5, 150);
  plane.request(2);
  CHECK(plane.asked() == 2);
  pass(plane, 10, 150);
  CHECK(plane.ready() == 1);
  CHECK(plane.processed() == doctest::Approx(1500));
  pass(plane, 1, 150);
  CHECK(plane.ready() == 2);
}

TEST_CASE("only what moves stands still in a cooperative rebalance") {
  DataPlane plane(small(4), 1);
  plane.request(2);
  pass(plane, 10, 40);
  pass(plane, 1, 40);  // two of four partitions move and wait a second with 10 records each
  CHECK(plane.ready() == 2);
  CHECK(plane.backlog() == doctest::Approx(20));
  CHECK(plane.moved_load() == doctest::Approx(0.2));
  pass(plane, 1, 40);
  CHECK(plane.backlog() == 0);
}

TEST_CASE("everything stands still in an eager rebalance") {
  Setting setting = small(4);
  setting.rebalance = Rebalance::eager;
  DataPlane plane(setting, 1);
  plane.request(2);
  pass(plane, 10, 40);
  CHECK(plane.backlog() == 0);
  pass(plane, 2, 40);
  CHECK(plane.moving());
  pass(plane, 1, 40);
  CHECK(plane.backlog() == doctest::Approx(120));
  pass(plane, 1, 40);
  CHECK(plane.backlog() == 0);
}

TEST_CASE("a restart stops the job for its down time") {
  Setting setting = small(4);
  setting.rebalance = Rebalance::restart;
  setting.restart_up = 20;
  setting.restart_down = 5;
  DataPlane plane(setting, 1);
  plane.request(4);
  pass(plane, 20, 40);
  CHECK(plane.processed() == 0);
  CHECK(plane.moving());
  pass(plane, 10, 40);
  CHECK(plane.ready() == 4);
  CHECK(plane.backlog() == 0);
  plane.request(2);
  pass(plane, 5, 40);
  CHECK(plane.backlog() == doctest::Approx(200));
}

TEST_CASE("removing a replica moves its partitions alone") {
  DataPlane plane(small(6), 3);
  pass(plane, 1, 60);
  const std::vector<int> before = plane.owner();
  plane.request(2);
  pass(plane, 1, 60);
  int moved = 0;
  for (std::size_t p = 0; p < before.size(); ++p) {
    CHECK(plane.owner()[p] < 2);
    if (plane.owner()[p] != before[p]) ++moved;
  }
  CHECK(moved == 2);
}

TEST_CASE("a slow replica falls behind while the others keep up") {
  Setting setting = small(4);
  setting.slow_replica = 0.5;
  DataPlane plane(setting, 2);
  pass(plane, 10, 160);  // 80 each; replica 0 takes 50
  CHECK(plane.backlog() == doctest::Approx(300));
  CHECK(plane.utilisation().at(1) == doctest::Approx(0.8));
}

TEST_CASE("with several commits a second the last one is seen at its end") {
  Setting setting;
  setting.partitions = 4;
  setting.capacity = 1000;
  setting.commit_interval = 0.2;
  DataPlane plane(setting, 1);
  for (int i = 0; i < 3; ++i) plane.step({100, 100, 100, 100});
  const double lag = sum(plane.end()) - sum(plane.committed());
  CHECK(lag >= 0);
  CHECK(lag < 0.2 * 400);
}

TEST_CASE("commits are five seconds apart and 2.5 seconds old on average") {
  DataPlane plane(small(50), 1);
  pass(plane, 30, 50);
  const double lag = sum(plane.end()) - sum(plane.committed());
  CHECK(lag == doctest::Approx(2.5 * 50).epsilon(0.03));
}
