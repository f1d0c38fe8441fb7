// Drives one Reconciler with a queue and threads.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/metrics/metrics.h"
#include "operator/kube/controller.h"
#include "operator/kube/work_queue.h"

namespace tidegate::kube {

// Keys may be enqueued from construction on; they are handled between start() and stop(). Metrics have the names of
// Go's controller-runtime, so that its dashboards and alerts apply.
class ControllerRunner final : public Enqueuer {
 public:
  ControllerRunner(std::string name, Reconciler& reconciler, int workers, metrics::Registry& metrics,
                   Clock clock = Clock::real());
  ~ControllerRunner() override;
  ControllerRunner(const ControllerRunner&) = delete;
  ControllerRunner& operator=(const ControllerRunner&) = delete;

  void enqueue(const Key& key) override;
  void enqueue_after(const Key& key, Duration wait);

  void start();
  // Lets the reconciles under way end.
  void stop();

  const std::string& name() const { return name_; }
  // Keys that are due and wait for a worker.
  std::size_t depth() const { return queue_.depth(); }
  // How long the longest reconcile under way has taken; zero when there is none.
  Duration longest_running() const;

 private:
  enum class Outcome { success, requeue_after, error };

  void work();
  void handle(const QueueState::Item& item);
  Outcome reconcile(const Key& key);

  const std::string name_;
  Reconciler& reconciler_;
  const int workers_;
  const Clock clock_;
  WorkQueue queue_;

  const metrics::Counter successes_, requeues_, errors_, failed_, panics_, adds_, retries_;
  const metrics::Gauge active_;
  const metrics::Histogram reconcile_seconds_, queue_seconds_, work_seconds_;

  mutable std::mutex mutex_;
  std::map<Key, SteadyTime> running_;
  std::vector<std::jthread> threads_;
};

}  // namespace tidegate::kube
