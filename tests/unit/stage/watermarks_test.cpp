#include "worker/stage/watermarks.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace tidegate::stage;
using window::kNever;

namespace {

SteadyTime at(int ms) {
  return SteadyTime(Duration{ms + 1'000'000});
}

constexpr std::int64_t kSecond = 1'000'000;  // in microseconds

}  // namespace

TEST_CASE("stages promise together what the slowest of their partitions does") {
  const std::vector<Promise> running = {{300, false}, {100, false}, {200, false}};
  CHECK(together(running) == 100);
  const std::vector<Promise> some_idle = {{300, false}, {100, true}, {200, false}};
  CHECK(together(some_idle) == 200);
  const std::vector<Promise> new_and_idle = {{300, false}, {kNever, true}};
  CHECK(together(new_and_idle) == 300);
  const std::vector<Promise> not_begun = {{300, false}, {kNever, false}};
  CHECK(together(not_begun) == kNever);
  // The same whichever became idle first.
  const std::vector<Promise> all_idle = {{300, true}, {100, true}};
  CHECK(together(all_idle) == 300);
  CHECK(together({}) == kNever);
}

TEST_CASE("a promise holds once everything that was in the topic when it was seen is read") {
  TimeSettings settings;
  settings.field = window::EventTime{"ts", 10, 0, true};
  Watermarks watermarks(settings);
  watermarks.assign(0, 5, kNever);
  watermarks.assign(1, 0, 120);
  CHECK_FALSE(watermarks.due(at(0)));
  watermarks.look({100, {8, 0}});
  // Partition 1 was read to its end, but it is further already.
  CHECK_FALSE(watermarks.due(at(0)));
  // A later look does not move the end away.
  watermarks.look({150, {20, 0}});
  watermarks.read(0, 7, kNever);
  auto due = watermarks.due(at(0));
  REQUIRE(due);
  CHECK(due->partition == 1);
  CHECK(due->watermark == 140);
  CHECK_FALSE(watermarks.due(at(0)));
  watermarks.reach(0, 8, at(0));  // also past transaction markers
  due = watermarks.due(at(0));
  REQUIRE(due);
  CHECK(due->partition == 0);
  CHECK(due->watermark == 90);
  CHECK_FALSE(watermarks.due(at(0)));
  watermarks.read(0, 20, 90);
  CHECK(watermarks.due(at(0))->watermark == 140);
  CHECK_FALSE(watermarks.due(at(0)));
  watermarks.look({kNever, {20, 0}});  // a partition that was added and has promised nothing
  CHECK_FALSE(watermarks.due(at(0)));
}

TEST_CASE("a promise counts for partitions that come later only once it is seen again") {
  TimeSettings settings;
  Watermarks watermarks(settings);
  watermarks.look({100, {0, 0}});
  watermarks.assign(1, 0, kNever);
  CHECK_FALSE(watermarks.due(at(0)));
  watermarks.look({100, {0, 0}});
  CHECK(watermarks.due(at(0))->partition == 1);
  watermarks.revoke(1);
  watermarks.look({200, {0, 0}});
  CHECK_FALSE(watermarks.due(at(0)));
}

TEST_CASE("a partition is idle after it stood at its end for the timeout") {
  TimeSettings settings;
  settings.idle_timeout = Duration{1500};
  Watermarks watermarks(settings);
  watermarks.assign(0, 0, kNever);
  const auto idle_at = [&](int ms) { return !watermarks.idle(at(ms)).empty(); };
  CHECK_FALSE(idle_at(0));
  watermarks.reach(0, 0, at(0));
  CHECK_FALSE(idle_at(1000));
  watermarks.reach(0, 0, at(1000));  // still
  CHECK(idle_at(1500));
  watermarks.stir(0);
  CHECK_FALSE(idle_at(1600));
  watermarks.read(0, 3, 50);
  watermarks.reach(0, 3, at(1700));
  CHECK_FALSE(idle_at(3000));
  CHECK(idle_at(3200));
  CHECK_FALSE(watermarks.due(at(3200)));  // its windows stay open: that is another wish
  // Not asked for a while: nobody knows what came.
  CHECK_FALSE(idle_at(9000));
  CHECK_FALSE(idle_at(10'400));
  CHECK(idle_at(10'500));
}

TEST_CASE("the watermark of an idle partition goes on with the clock where that is wanted") {
  TimeSettings settings;
  settings.field = window::EventTime{"ts", 0, 0, false};
  settings.idle_timeout = Duration{1500};
  settings.close_when_idle = true;
  Watermarks watermarks(settings);
  watermarks.assign(0, 0, kNever);
  watermarks.assign(1, 0, kNever);
  watermarks.read(0, 3, 50 * kSecond);
  watermarks.reach(0, 3, at(0));
  watermarks.reach(1, 0, at(0));  // without any record there is nothing to go on from
  const auto due_at = [&](int ms) {
    watermarks.idle(at(ms));
    const auto due = watermarks.due(at(ms));
    CHECK_FALSE(watermarks.due(at(ms)));
    return due ? due->watermark : kNever;
  };
  CHECK(due_at(1400) == kNever);
  CHECK(due_at(2100) == 52 * kSecond);
  CHECK(due_at(2900) == kNever);
  CHECK(due_at(3000) == 53 * kSecond);
  CHECK_FALSE(watermarks.due(at(4000)));  // it was not asked whether it is still quiet
  // A record that is no older moves it on, and the quiet begins anew.
  watermarks.stir(0);
  watermarks.read(0, 4, 53 * kSecond);
  CHECK(due_at(4500) == kNever);
  watermarks.reach(0, 4, at(4600));
  CHECK(due_at(6200) == 54 * kSecond);
}
