#include "kafka/group_watch.h"

#include <doctest/doctest.h>

using namespace tidegate;
using kafka::GroupView;
using kafka::OwnerlessPartitions;

namespace {

SteadyTime at(int seconds) {
  return SteadyTime{} + std::chrono::hours(1) + std::chrono::seconds(seconds);
}

GroupView group(std::set<int> first, std::set<int> second) {
  return {true, {{"worker-0", std::move(first)}, {"worker-1", std::move(second)}}};
}

}  // namespace

TEST_CASE("a partition without an owner for ten seconds makes the first member join again") {
  OwnerlessPartitions first("worker-0");
  CHECK_FALSE(first.should_rejoin(group({0}, {1}), 3, at(0)));
  CHECK_FALSE(first.should_rejoin(group({0}, {1}), 3, at(9)));
  CHECK(first.should_rejoin(group({0}, {1}), 3, at(10)));
}

TEST_CASE("the second member waits for the first one to do it") {
  OwnerlessPartitions second("worker-1");
  CHECK_FALSE(second.should_rejoin(group({0}, {1}), 3, at(0)));
  CHECK_FALSE(second.should_rejoin(group({0}, {1}), 3, at(19)));
  CHECK(second.should_rejoin(group({0}, {1}), 3, at(20)));
}

TEST_CASE("while a rebalance is under way and in a group that owns everything nobody joins again") {
  OwnerlessPartitions first("worker-0");
  GroupView rebalancing = group({0}, {1});
  rebalancing.settled = false;
  for (int second = 0; second <= 60; second += 5) CHECK_FALSE(first.should_rejoin(rebalancing, 3, at(second)));
  for (int second = 60; second <= 120; second += 5) CHECK_FALSE(first.should_rejoin(group({0, 2}, {1}), 3, at(second)));
  // The time begins anew after either.
  CHECK_FALSE(first.should_rejoin(group({0}, {1}), 3, at(125)));
  CHECK_FALSE(first.should_rejoin(rebalancing, 3, at(130)));
  CHECK_FALSE(first.should_rejoin(group({0}, {1}), 3, at(136)));
  CHECK(first.should_rejoin(group({0}, {1}), 3, at(146)));
}

TEST_CASE("different partitions that are without an owner for a moment each are no reason") {
  OwnerlessPartitions first("worker-0");
  CHECK_FALSE(first.should_rejoin(group({0, 1}, {}), 3, at(0)));
  CHECK_FALSE(first.should_rejoin(group({0, 2}, {}), 3, at(8)));
  CHECK_FALSE(first.should_rejoin(group({1, 2}, {}), 3, at(16)));
}

TEST_CASE("a member that is not in the group does nothing about it") {
  OwnerlessPartitions other("worker-7");
  CHECK_FALSE(other.should_rejoin(group({0}, {1}), 3, at(0)));
  CHECK_FALSE(other.should_rejoin(group({0}, {1}), 3, at(500)));
}

TEST_CASE("joining again that did not help is repeated ever more seldom") {
  OwnerlessPartitions first("worker-0");
  std::vector<int> rejoins;
  for (int second = 0; second <= 120; second += 5) {
    if (first.should_rejoin(group({0}, {1}), 3, at(second))) rejoins.push_back(second);
  }
  CHECK(rejoins == std::vector<int>{10, 35, 80});
  CHECK_FALSE(first.should_rejoin(group({0, 2}, {1}), 3, at(125)));
  CHECK_FALSE(first.should_rejoin(group({0}, {1}), 3, at(130)));
  CHECK(first.should_rejoin(group({0}, {1}), 3, at(140)));
}
