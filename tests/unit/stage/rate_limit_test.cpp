#include "worker/stage/rate_limit.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace std::chrono_literals;
using stage::RateLimit;

namespace {

const SteadyTime kStart{1h};

// Batches of `size` as fast as allowed; the records taken in `time` after the first.
std::size_t taken_within(RateLimit& limit, std::size_t size, std::chrono::milliseconds time) {
  std::size_t taken = 0;
  for (SteadyTime now = kStart; now < kStart + time; now += 1ms) {
    if (now < limit.next()) continue;
    limit.take(size, now);
    taken += size;
  }
  return taken;
}

}  // namespace

TEST_CASE("without a limit nothing waits") {
  RateLimit limit(0);
  CHECK(limit.largest_batch(8192) == 8192);
  limit.take(8192, kStart);
  CHECK(limit.next() <= kStart);
}

TEST_CASE("batches are a tenth of a second and at least one record") {
  CHECK(RateLimit(5000).largest_batch(8192) == 500);
  CHECK(RateLimit(1'000'000).largest_batch(8192) == 8192);
  CHECK(RateLimit(3).largest_batch(8192) == 1);
}

TEST_CASE("in the long run the rate is kept whatever the batches") {
  for (const std::size_t size : {1, 7, 100, 250}) {
    CAPTURE(size);
    RateLimit limit(1000);
    const std::size_t taken = taken_within(limit, size, 10s);
    CHECK(taken <= 10'000 + 100 + size);  // what a tenth of a second keeps, and the batch in hand
    CHECK(taken >= 10'000 - size);
  }
}

TEST_CASE("one record a second is the slowest") {
  RateLimit limit(1);
  CHECK(taken_within(limit, 1, 10s) <= 11);
}

TEST_CASE("a standstill is not followed by a burst") {
  RateLimit limit(1000);
  limit.take(100, kStart);
  const SteadyTime later = kStart + 60s;
  limit.take(100, later);
  CHECK(limit.next() == later);  // a tenth of a second is kept
  limit.take(100, later);
  CHECK(limit.next() == later + 100ms);
}

TEST_CASE("a record has the time that the rate gives it") {
  CHECK(RateLimit(0).share(8192) == 0us);
  CHECK(RateLimit(100).share(1) == 10ms);
  CHECK(RateLimit(100).share(55) == 550ms);
}
