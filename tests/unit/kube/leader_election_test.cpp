#include "operator/kube/leader_election.h"

#include <doctest/doctest.h>

#include <random>
#include <thread>

#include "tests/unit/kube/fakes.h"

using namespace tidegate;
using namespace tidegate::kube;
using namespace tidegate::kube::test;

namespace {

// One Lease with optimistic concurrency; fails when told to.
struct FakeLease final : Api {
  std::optional<Json> lease;
  int version = 0, reads = 0, writes = 0;
  std::function<bool()> fails = [] { return false; };

  Result<Json> get(const Resource&, const std::string&, const std::string&) override {
    ++reads;
    if (fails()) return Error{"Unreachable", ""};
    if (!lease) return Error{"NotFound", ""};
    return *lease;
  }
  Result<Json> store(Json object) {
    object["metadata"]["resourceVersion"] = std::to_string(++version);
    lease = object;
    return object;
  }
  Result<Json> create(const Resource&, const Json& object) override {
    ++writes;
    if (fails()) return Error{"Unreachable", ""};
    if (lease) return Error{"AlreadyExists", ""};
    return store(object);
  }
  Result<Json> replace(const Resource&, const Json& object) override {
    ++writes;
    if (fails()) return Error{"Unreachable", ""};
    if (!lease) return Error{"NotFound", ""};
    if (object.at("metadata/resourceVersion") != lease->at("metadata/resourceVersion")) return Error{"Conflict", ""};
    auto stored = store(object);
    if (fails()) return Error{"Timeout", "it happened, but no one heard"};
    return stored;
  }
  Result<Json> apply(const Resource&, const Json&, const std::string&) override { return Error{"Unexpected", ""}; }
  Result<Json> apply_status(const Resource&, const Json&, const std::string&) override {
    return Error{"Unexpected", ""};
  }
  Result<Json> json_patch(const Resource&, const std::string&, const std::string&, const Json&) override {
    return Error{"Unexpected", ""};
  }
  Result<void> remove(const Resource&, const std::string&, const std::string&, const std::string&) override {
    return Error{"Unexpected", ""};
  }
};

LeaseOptions options(const std::string& identity) {
  return {"system", "operator", identity};
}

struct ElectionFixture {
  FakeLease api;
  FakeTime time;
  LeaseLock a{api, options("a"), time.clock()};
  LeaseLock b{api, options("b"), time.clock()};
};

}  // namespace

TEST_CASE("election: options") {
  CHECK(check(options("a")).ok());
  CHECK_FALSE(check(options("")).ok());
  LeaseOptions wrong = options("a");
  wrong.renew_deadline = wrong.duration;
  CHECK_FALSE(check(wrong).ok());
  wrong = options("a");
  wrong.retry = std::chrono::seconds(9);
  CHECK_FALSE(check(wrong).ok());
}

TEST_CASE("election: acquires a free lease and renews it with one request") {
  ElectionFixture f;
  CHECK(f.a.attempt());
  CHECK(f.api.lease->at("spec/holderIdentity").as_string() == "a");
  CHECK(f.api.lease->at("spec/leaseDurationSeconds").as_int() == 15);
  const std::string acquired = f.api.lease->at("spec/acquireTime").as_string();
  CHECK(acquired.size() == std::string("2026-01-02T03:04:05.000000Z").size());
  const int reads = f.api.reads;
  f.time.now += std::chrono::seconds(2);
  CHECK(f.a.attempt());
  CHECK(f.api.reads == reads);
  CHECK(f.api.lease->at("spec/acquireTime").as_string() == acquired);
  CHECK(f.api.lease->at("spec/renewTime").as_string() != acquired);
  CHECK(f.a.held_since() == f.time.now);
}

TEST_CASE("election: expiry counts from when the last change was seen - whatever its times say") {
  for (const char* renewed : {"2000-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z"}) {
    ElectionFixture f;
    (void)f.api.store(Json::object({{"spec", Json::object({{"holderIdentity", "x"},
                                                           {"leaseDurationSeconds", 15},
                                                           {"renewTime", renewed},
                                                           {"acquireTime", nullptr}})}}));
    CHECK_FALSE(f.b.attempt());
    f.time.now += std::chrono::milliseconds(14999);
    CHECK_FALSE(f.b.attempt());
    f.time.now += std::chrono::milliseconds(1);
    CHECK(f.b.attempt());
    CHECK(f.api.lease->at("spec/leaseTransitions").as_int() == 1);
  }
}

TEST_CASE("election: fields it does not know survive") {
  ElectionFixture f;
  (void)f.api.store(Json::object({{"metadata", Json::object({{"labels", Json::object({{"team", "x"}})}})},
                                  {"spec", Json::object({{"strategy", "OldestEmulationVersion"}})}}));
  CHECK(f.a.attempt());
  f.time.now += std::chrono::seconds(2);
  CHECK(f.a.attempt());
  CHECK(f.api.lease->at("spec/strategy").as_string() == "OldestEmulationVersion");
  CHECK(f.api.lease->at("metadata/labels/team").as_string() == "x");
}

TEST_CASE("election: a conflict on the fast path falls back to reading") {
  ElectionFixture f;
  REQUIRE(f.a.attempt());
  (void)f.api.store(*f.api.lease);  // someone touched it
  CHECK(f.a.attempt());
  Json stolen = *f.api.lease;
  stolen["spec"]["holderIdentity"] = "b";
  (void)f.api.store(stolen);
  CHECK_FALSE(f.a.attempt());
  CHECK_FALSE(f.a.held_since());
}

TEST_CASE("election: a deleted lease is made anew") {
  ElectionFixture f;
  REQUIRE(f.a.attempt());
  f.api.lease.reset();
  CHECK(f.a.attempt());
  CHECK(f.api.lease->at("spec/holderIdentity").as_string() == "a");
}

TEST_CASE("election: release lets another in at once and is refused to strangers") {
  ElectionFixture f;
  REQUIRE(f.a.attempt());
  CHECK_FALSE(f.b.attempt());
  CHECK(f.b.release().ok());
  CHECK(f.api.lease->at("spec/holderIdentity").as_string() == "a");
  CHECK(f.a.release().ok());
  CHECK_FALSE(f.a.held_since());
  CHECK(f.b.attempt());
  CHECK_FALSE(f.a.attempt());
}

// A leader works until it notices at renew_deadline that it could not renew. With requests that fail, succeed unheard,
// or take their time, no two may ever work at once.
TEST_CASE("election: two candidates never lead together in random schedules") {
  int handovers = 0;
  for (unsigned seed = 1; seed <= 10'000; ++seed) {
    std::mt19937 random(seed);
    ElectionFixture f;
    std::mt19937::result_type trouble = 0;
    f.api.fails = [&] {
      f.time.now += std::chrono::milliseconds(random() % 700);  // requests take time
      return random() % 100 < trouble;
    };
    std::string last;
    for (int step = 0; step < 40; ++step) {
      if (random() % 8 == 0) trouble = random() % 3 == 0 ? 95 : random() % 30;
      f.time.now += std::chrono::milliseconds(random() % 2500);
      LeaseLock& one = random() % 2 == 0 ? f.a : f.b;
      if (random() % 40 == 0) {
        (void)one.release();
      } else {
        (void)one.attempt();
      }
      const auto works = [&](const LeaseLock& lock) {
        const auto held = lock.held_since();
        return held && f.time.now - *held < lock.options().renew_deadline;
      };
      REQUIRE_FALSE((works(f.a) && works(f.b)));
      const std::string now = works(f.a) ? "a" : works(f.b) ? "b" : last;
      handovers += !last.empty() && now != last;
      last = now;
    }
  }
  CHECK(handovers > 1000);  // the schedules do exercise it
}

TEST_CASE("election: a leader that cannot renew is told") {
  ElectionFixture f;
  LeaseOptions quick = options("a");
  LeaseLock lock(f.api, quick, f.time.clock());
  bool elected = false, lost = false;
  lead(
      lock, f.time.clock(), f.time.sleep(), {},
      [&] {
        elected = true;
        f.api.fails = [] { return true; };
      },
      [&] { lost = true; });
  CHECK(elected);
  CHECK(lost);
  CHECK(f.time.now - *lock.held_since() <= std::chrono::seconds(12));
}

TEST_CASE("election: a stop ends waiting and leading") {
  ElectionFixture f;
  REQUIRE(f.b.attempt());
  std::stop_source stop;
  bool elected = false;
  int waits = 0;
  const Sleep sleep = [&](Duration wait, const std::stop_token&) {
    CHECK(wait >= std::chrono::seconds(2));
    CHECK(wait <= std::chrono::milliseconds(4400));
    return ++waits < 3;
  };
  lead(
      f.a, f.time.clock(), sleep, stop.get_token(), [&] { elected = true; }, [] { FAIL("lost"); });
  CHECK_FALSE(elected);
  CHECK(waits == 3);
}

TEST_CASE("election: renewals that hang are noticed from another thread") {
  FakeLease api;
  LeaseOptions quick = options("a");
  quick.duration = std::chrono::milliseconds(800);
  quick.renew_deadline = std::chrono::milliseconds(400);
  quick.retry = std::chrono::milliseconds(100);
  LeaseLock lock(api, quick, Clock::real());
  std::atomic<bool> lost = false;
  lead(
      lock, Clock::real(), sleep_for, {},
      [&] {
        api.fails = [&] {
          while (!lost) std::this_thread::yield();  // hangs until the process would be gone
          return true;
        };
      },
      [&] { lost = true; });
  CHECK(lost);
}
