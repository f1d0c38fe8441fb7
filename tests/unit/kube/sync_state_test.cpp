#include "operator/kube/sync_state.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace tidegate::kube;
using Do = SyncState::Do;

namespace {

constexpr SteadyTime kStart{std::chrono::hours(1)};
const Error kGone{"Gone", "too old"};
const Error kExpired{"Expired", "too old"};
const Error kBroken{"Unreachable", "broken"};
constexpr Duration kLong{60'000};

void check_step(const SyncState& state, Do what, const std::string& from, int wait_ms) {
  const auto step = state.next(0);
  CHECK(step.what == what);
  CHECK(step.from == from);
  CHECK(step.wait.count() == wait_ms);
}

SyncState watching(const std::string& version = "10") {
  SyncState state;
  state.page_received("", version);
  return state;
}

}  // namespace

TEST_CASE("sync: pages - then a watch from the version of the list") {
  SyncState state;
  check_step(state, Do::list, "", 0);
  state.page_received("c1", "10");
  check_step(state, Do::list, "c1", 0);
  state.page_received("", "10");
  check_step(state, Do::watch, "10", 0);
}

TEST_CASE("sync: a page that expired starts the list anew - a broken one is asked again") {
  for (const Error& error : {kGone, kExpired}) {
    SyncState state;
    state.page_received("c1", "10");
    state.list_failed(error, kStart);
    check_step(state, Do::list, "", 800);
  }
  SyncState state;
  state.page_received("c1", "10");
  state.list_failed(kBroken, kStart);
  check_step(state, Do::list, "c1", 800);
}

TEST_CASE("sync: a watch resumes from the last event or bookmark") {
  SyncState state = watching();
  state.event_handled("12");
  state.watch_ended({}, kLong, kStart);
  check_step(state, Do::watch, "12", 0);
  state.event_handled("15");
  state.watch_ended(kBroken, kLong, kStart);
  check_step(state, Do::watch, "15", 800);
}

TEST_CASE("sync: a version that is too old leads to a list") {
  for (const Error& error : {kGone, kExpired}) {
    SyncState state = watching();
    state.watch_ended(error, kLong, kStart);
    check_step(state, Do::list, "", 800);
  }
}

TEST_CASE("sync: an idle connection is renewed without a wait - a server that never answers is not") {
  const Error timeout{"Timeout", "no byte"};
  SyncState idle = watching();
  idle.watch_ended(timeout, Duration(150'000), kStart);
  check_step(idle, Do::watch, "10", 0);
  SyncState dead = watching();
  dead.watch_ended(timeout, Duration(10'000), kStart);
  check_step(dead, Do::watch, "10", 800);
}

TEST_CASE("sync: a watch that ends at once without events waits") {
  SyncState hasty = watching();
  hasty.watch_ended({}, Duration(5), kStart);
  check_step(hasty, Do::watch, "10", 800);
  SyncState busy = watching();
  busy.event_handled("11");
  busy.watch_ended({}, Duration(5), kStart);
  check_step(busy, Do::watch, "11", 0);
}

TEST_CASE("sync: waits double to half a minute - stretch by the jitter and start anew after two quiet minutes") {
  SyncState state;
  std::vector<int> waits;
  SteadyTime now = kStart;
  for (int i = 0; i < 8; ++i) {
    state.list_failed({"Forbidden", "no rights"}, now);
    waits.push_back(static_cast<int>(state.next(0).wait.count()));
    now += state.next(0).wait;
  }
  CHECK(waits == std::vector<int>{800, 1600, 3200, 6400, 12800, 25600, 30000, 30000});
  CHECK(state.next(1).wait.count() == 60000);
  CHECK(state.next(0.5).wait.count() == 45000);
  state.page_received("", "10");
  check_step(state, Do::watch, "10", 0);
  state.watch_ended(kBroken, kLong, now);
  CHECK(state.next(0).wait.count() == 30000);
  state.watch_ended(kBroken, kLong, now + std::chrono::minutes(3));
  CHECK(state.next(0).wait.count() == 800);
  for (int i = 0; i < 100; ++i) state.list_failed(kBroken, now);
  CHECK(state.next(0).wait.count() == 30000);
}
