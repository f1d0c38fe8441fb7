#include "operator/kube/controller_runner.h"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <stdexcept>

using namespace tidegate;
using namespace tidegate::kube;

namespace {

const Key kKey{"shop", "fraud"};

struct Scripted final : Reconciler {
  explicit Scripted(std::function<Result<std::optional<Duration>>(int)> reconcile_nth)
      : nth(std::move(reconcile_nth)) {}
  Result<std::optional<Duration>> reconcile(const Key& key) override {
    CHECK(key == kKey);
    return nth(++runs);
  }
  std::function<Result<std::optional<Duration>>(int)> nth;
  std::atomic<int> runs = 0;
};

bool eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

bool has(const metrics::Registry& metrics, const std::string& line) {
  return metrics.render().find(line) != std::string::npos;
}

}  // namespace

TEST_CASE("runner: failures and exceptions are counted and retried - then it is calm") {
  metrics::Registry metrics;
  Scripted reconciler([](int run) -> Result<std::optional<Duration>> {
    if (run == 1) return Error{"Forbidden", "no rights"};
    if (run == 2) throw std::runtime_error("bug");
    if (run == 3) throw 42;
    return std::optional<Duration>();
  });
  ControllerRunner runner("test", reconciler, 2, metrics);
  runner.start();
  runner.enqueue(kKey);
  CHECK(eventually(
      [&] { return has(metrics, "controller_runtime_reconcile_total{controller=\"test\",result=\"success\"} 1"); }));
  runner.stop();
  CHECK(reconciler.runs == 4);
  CHECK(has(metrics, "controller_runtime_reconcile_total{controller=\"test\",result=\"error\"} 3"));
  CHECK(has(metrics, "controller_runtime_reconcile_errors_total{controller=\"test\"} 3"));
  CHECK(has(metrics, "controller_runtime_reconcile_panics_total{controller=\"test\"} 2"));
  CHECK(has(metrics, "controller_runtime_active_workers{controller=\"test\"} 0"));
}

TEST_CASE("runner: success may ask for another run later") {
  metrics::Registry metrics;
  Scripted reconciler([](int run) -> Result<std::optional<Duration>> {
    return run < 3 ? std::optional<Duration>(Duration(1)) : std::nullopt;
  });
  ControllerRunner runner("test", reconciler, 1, metrics);
  runner.enqueue_after(kKey, Duration(1));
  runner.start();
  CHECK(eventually(
      [&] { return has(metrics, "controller_runtime_reconcile_total{controller=\"test\",result=\"success\"} 1"); }));
  CHECK(has(metrics, "controller_runtime_reconcile_total{controller=\"test\",result=\"requeue_after\"} 2"));
}

TEST_CASE("runner: stop waits for the run under way - and nothing runs after it") {
  metrics::Registry metrics;
  std::atomic<bool> may_end = false;
  std::atomic<int> ended = 0;
  Scripted reconciler([&](int) -> Result<std::optional<Duration>> {
    while (!may_end) std::this_thread::yield();
    ++ended;
    return std::optional<Duration>(Duration(0));  // would run for ever
  });
  ControllerRunner runner("test", reconciler, 1, metrics);
  runner.start();
  runner.enqueue(kKey);
  REQUIRE(eventually([&] { return runner.longest_running() > Duration(0); }));
  std::jthread stopping([&] { runner.stop(); });
  may_end = true;
  stopping.join();
  const int runs = reconciler.runs;
  CHECK(ended == runs);
  CHECK(runner.longest_running() == Duration(0));
  runner.enqueue(kKey);
  CHECK(reconciler.runs == runs);
}
