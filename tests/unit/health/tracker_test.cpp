#include "controllers/health/tracker.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace tidegate::health;

namespace {

Instant at(int seconds) {
  return {SteadyTime(std::chrono::seconds(1000 + seconds)), WallTime(std::chrono::seconds(1'767'225'600 + seconds))};
}

const Finding kSlow = finding(Kind::slow, "score", "processor", "", "slow");

}  // namespace

TEST_CASE("a finding becomes a problem when it lasts and ends when it is gone for a while") {
  Tracker tracker;
  int begun = 0, ended = 0;
  for (int second = 0; second < 60; second += 2) {
    const auto changes = tracker.look(at(second), {kSlow});
    begun += static_cast<int>(changes.begun.size());
  }
  CHECK(begun == 1);
  CHECK(to_rfc3339(tracker.problems().at(0).since) == "2026-01-01T00:00:00Z");
  for (int second = 60; second < 68; second += 2) ended += static_cast<int>(tracker.look(at(second), {}).ended.size());
  CHECK(ended == 0);
  ended += static_cast<int>(tracker.look(at(70), {}).ended.size());
  CHECK(ended == 1);
  CHECK(tracker.problems().empty());
}

TEST_CASE("a finding that comes and goes is never told and a problem that does never taken back") {
  Tracker tracker;
  bool changed = false;
  for (int second = 0; second < 300; second += 2) {
    const bool there = second % 14 < 10;
    changed |= tracker.look(at(second), there ? std::vector{kSlow} : std::vector<Finding>{}).any();
  }
  CHECK_FALSE(changed);
  for (int second = 300; second < 320; second += 2) tracker.look(at(second), {kSlow});
  REQUIRE(tracker.problems().size() == 1);
  for (int second = 320; second < 600; second += 2) {
    const bool there = second % 14 < 10;
    changed |= tracker.look(at(second), there ? std::vector{kSlow} : std::vector<Finding>{}).any();
  }
  CHECK_FALSE(changed);
}

TEST_CASE("a problem that an earlier process told is kept until there was time to find it again") {
  Tracker tracker;
  tracker.resume(at(0), {kSlow, at(-500).wall});
  CHECK_FALSE(tracker.look(at(20), {}).any());
  CHECK(tracker.problems().size() == 1);
  CHECK(tracker.look(at(42), {}).ended.size() == 1);
  tracker.resume(at(50), {kSlow, at(-500).wall});
  CHECK_FALSE(tracker.look(at(52), {kSlow}).any());
  CHECK(tracker.problems().at(0).since == at(-500).wall);
}

TEST_CASE("a problem that becomes worse is told again") {
  Tracker tracker;
  Finding disk = finding(Kind::disk_filling, "", "", "shared", "10 % free");
  for (int second = 0; second < 20; second += 2) tracker.look(at(second), {disk});
  disk.severity = Severity::critical;
  disk.what = "4 % free";
  const auto changes = tracker.look(at(20), {disk});
  REQUIRE(changes.begun.size() == 1);
  CHECK(changes.begun[0].finding.what == "4 % free");
}
