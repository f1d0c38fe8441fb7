#include "operator/kube/events.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "common/base/log.h"
#include "operator/kube/event_series.h"

namespace tidegate::kube {
namespace {

const Resource kEvents{"events.k8s.io", "v1", "events", "Event"};
constexpr std::size_t kMaxWaiting = 1000;
constexpr std::chrono::seconds kTick{5};

class ApiEventRecorder final : public EventRecorder {
 public:
  ApiEventRecorder(Api& api, std::string controller, std::string instance, Clock clock)
      : api_(api), clock_(std::move(clock)), series_(std::move(controller), std::move(instance)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  void record(const Json& regarding, bool warning, const std::string& reason, const std::string& note) override {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kMaxWaiting) return;
    auto event = series_.record(regarding, warning, reason, note, clock_.wall());
    if (!event) return;
    waiting_.push_back(std::move(*event));
    changed_.notify_one();
  }

 private:
  void run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      changed_.wait_for(lock, stop, kTick, [this] { return !waiting_.empty(); });
      while (!waiting_.empty() && !stop.stop_requested()) {
        const Json event = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        check(api_.create(kEvents, event));
        lock.lock();
      }
      const auto updates = series_.due(clock_.wall());
      lock.unlock();
      for (const auto& update : updates) {
        if (!stop.stop_requested()) check(api_.json_patch(kEvents, update.ns, update.name, update.patch));
      }
      lock.lock();
    }
  }

  static void check(const Result<Json>& result) {
    if (!result) log::warn("event not written", {{"reason", result.error().reason}, {"error", result.error().message}});
  }

  Api& api_;
  const Clock clock_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Json> waiting_;
  EventSeries series_;
  std::jthread thread_;  // last: stops before the rest is gone
};

}  // namespace

std::unique_ptr<EventRecorder> make_event_recorder(Api& api, std::string controller, std::string instance,
                                                   Clock clock) {
  return std::make_unique<ApiEventRecorder>(api, std::move(controller), std::move(instance), std::move(clock));
}

}  // namespace tidegate::kube
