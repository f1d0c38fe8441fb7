// Partitions that nobody reads although workers are there.
#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>

#include "stages.h"
#include "tests/worker/programs.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

// It gets its old assignment back without a rebalance, less what it had to give up, and nobody else is told to take
// that.
TEST_CASE("a worker that dies while it gives partitions up and is back at once leaves none without a worker") {
  const EvenNumbers stage(4);
  stage.produce(0, 1000);
  setenv("TIDEGATE_TEST_FAULT", "die-giving-up", 1);
  WorkerProcess dying(stage.settings(), "worker-0", faulty_worker_program());
  unsetenv("TIDEGATE_TEST_FAULT");
  REQUIRE(eventually([&] { return stage.position() == 1000; }, Duration{60'000}));
  WorkerProcess second(stage.settings(), "worker-1");
  REQUIRE(eventually([&] { return !dying.running(); }, Duration{60'000}));
  WorkerProcess first(stage.settings(), "worker-0");
  stage.produce(1000, 2000);
  const bool all_read = eventually([&] { return stage.position() == 2000; }, Duration{90'000});
  CAPTURE(first.log());
  CAPTURE(second.log());
  CHECK(all_read);
}
