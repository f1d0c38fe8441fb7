#include "operator/kube/controller_runner.h"

#include <algorithm>
#include <exception>

#include "common/base/log.h"

namespace tidegate::kube {
namespace {

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

metrics::Counter result(metrics::Registry& metrics, const std::string& controller, const std::string& result) {
  return metrics.counter("controller_runtime_reconcile_total", {{"controller", controller}, {"result", result}});
}

metrics::Labels of_queue(const std::string& name) {
  return {{"controller", name}, {"name", name}};
}

}  // namespace

ControllerRunner::ControllerRunner(std::string name, Reconciler& reconciler, int workers, metrics::Registry& metrics,
                                   Clock clock)
    : name_(std::move(name)),
      reconciler_(reconciler),
      workers_(workers),
      clock_(clock),
      queue_(clock),
      successes_(result(metrics, name_, "success")),
      requeues_(result(metrics, name_, "requeue_after")),
      errors_(result(metrics, name_, "error")),
      failed_(metrics.counter("controller_runtime_reconcile_errors_total", {{"controller", name_}})),
      panics_(metrics.counter("controller_runtime_reconcile_panics_total", {{"controller", name_}})),
      adds_(metrics.counter("workqueue_adds_total", of_queue(name_))),
      retries_(metrics.counter("workqueue_retries_total", of_queue(name_))),
      active_(metrics.gauge("controller_runtime_active_workers", {{"controller", name_}})),
      reconcile_seconds_(metrics.histogram("controller_runtime_reconcile_time_seconds", {{"controller", name_}})),
      queue_seconds_(metrics.histogram("workqueue_queue_duration_seconds", of_queue(name_))),
      work_seconds_(metrics.histogram("workqueue_work_duration_seconds", of_queue(name_))) {
  metrics.gauge("controller_runtime_max_concurrent_reconciles", {{"controller", name_}}).set(workers_);
}

ControllerRunner::~ControllerRunner() {
  stop();
}

void ControllerRunner::enqueue(const Key& key) {
  adds_.add();
  queue_.add(key);
}

void ControllerRunner::enqueue_after(const Key& key, Duration wait) {
  queue_.add_after(key, wait);
}

void ControllerRunner::start() {
  for (int i = 0; i < workers_; ++i) threads_.emplace_back([this] { work(); });
}

void ControllerRunner::stop() {
  queue_.shut_down();
  threads_.clear();  // joins
}

Duration ControllerRunner::longest_running() const {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  Duration longest{0};
  for (const auto& [key, since] : running_)
    longest = std::max(longest, std::chrono::duration_cast<Duration>(now - since));
  return longest;
}

void ControllerRunner::work() {
  while (const auto item = queue_.take()) handle(*item);
}

void ControllerRunner::handle(const QueueState::Item& item) {
  const SteadyTime started = clock_.steady();
  queue_seconds_.observe(seconds(started - item.ready_at));
  active_.add(1);
  {
    const std::lock_guard lock(mutex_);
    running_[item.key] = started;
  }
  const Outcome outcome = reconcile(item.key);
  const double took = seconds(clock_.steady() - started);
  {
    const std::lock_guard lock(mutex_);
    running_.erase(item.key);
  }
  active_.add(-1);
  reconcile_seconds_.observe(took);
  work_seconds_.observe(took);
  (outcome == Outcome::success ? successes_ : outcome == Outcome::requeue_after ? requeues_ : errors_).add();
  queue_.done(item.key);
}

ControllerRunner::Outcome ControllerRunner::reconcile(const Key& key) {
  Error error;
  try {
    const auto result = reconciler_.reconcile(key);
    if (result) {
      queue_.forget(key);
      if (!*result) return Outcome::success;
      queue_.add_after(key, **result);
      return Outcome::requeue_after;
    }
    error = result.error();
  } catch (const std::exception& e) {
    panics_.add();
    error = {"Exception", e.what()};
  } catch (...) {
    panics_.add();
    error = {"Exception", "of unknown type"};
  }
  failed_.add();
  retries_.add();
  queue_.add_after_failure(key);
  // Two writers met: the next run starts from what the other wrote. Not worth a warning.
  const auto level = error.reason == "Conflict" ? log::Level::info : log::Level::warn;
  log::write(level, "reconcile failed",
             {{"controller", name_},
              {"namespace", key.ns},
              {"name", key.name},
              {"reason", error.reason},
              {"error", error.message}});
  return Outcome::error;
}

}  // namespace tidegate::kube
