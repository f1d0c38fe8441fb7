#include "operator/kube/manager.h"

#include <unistd.h>

#include "common/base/log.h"
#include "common/base/text.h"

namespace tidegate::kube {
namespace {

constexpr Duration kPoll{50};
constexpr std::chrono::seconds kLeaseCallDeadline{5};  // half the renew deadline, as client-go
constexpr std::chrono::minutes kLongestReconcile{10};

// Ends the process unless it is gone before the time is up.
std::jthread last_resort(Duration after) {
  return std::jthread([after](const std::stop_token& done) {
    if (!sleep_for(after, done)) return;
    log::error("stopping takes too long, exiting");
    Manager::hard_exit();
  });
}

Client::Options options_for(metrics::Registry& metrics, bool strict) {
  Client::Options out;
  out.metrics = &metrics;
  out.strict = strict;
  return out;
}

Client::Options cache_options(metrics::Registry& metrics, std::stop_token stop) {
  Client::Options out = options_for(metrics, false);
  out.deadline = std::chrono::seconds(30);  // a page of many large objects
  out.stop = std::move(stop);
  return out;
}

Client::Options lease_options(metrics::Registry& metrics) {
  Client::Options out = options_for(metrics, false);
  out.deadline = kLeaseCallDeadline;
  return out;
}

}  // namespace

Manager::Manager(Transport& requests, Transport& lease, metrics::Registry& metrics, Options options)
    : options_(std::move(options)),
      metrics_(metrics),
      api_(requests, options_for(metrics, options_.strict)),
      cache_client_(requests, cache_options(metrics, caches_stop_.get_token())),
      lease_client_(lease, lease_options(metrics)) {
  if (options_.lease) lock_ = std::make_unique<LeaseLock>(lease_client_, *options_.lease, lease_clock_);
}

Manager::~Manager() = default;

Reflector& Manager::follow(Reflector::Options options) {
  reflectors_.push_back(std::make_unique<Reflector>(cache_client_, std::move(options)));
  return *reflectors_.back();
}

ControllerRunner& Manager::control(const std::string& name, Reconciler& reconciler, int workers) {
  controllers_.push_back(std::make_unique<ControllerRunner>(name, reconciler, workers, metrics_));
  return *controllers_.back();
}

void Manager::while_leading(std::function<void(std::stop_token)> work) {
  work_.push_back(std::move(work));
}

Result<void> Manager::run(const std::stop_token& stop) {
  if (options_.lease) {
    if (auto checked = check(*options_.lease); !checked) return checked;
  }
  publish(metrics_);
  std::vector<std::jthread> caches;
  for (const auto& reflector : reflectors_) {
    caches.emplace_back([this, &reflector] { reflector->run(caches_stop_.get_token()); });
  }
  Result<void> outcome = wait_for_caches(stop);
  if (outcome && !stop.stop_requested()) {
    if (lock_) {
      lead(
          *lock_, lease_clock_, sleep_for, stop, [this] { start_controllers(); }, options_.on_lost);
    } else {
      start_controllers();
      while (sleep_for(std::chrono::hours(1), stop)) {
      }
    }
  }
  const auto limit = last_resort(options_.stop_timeout);
  stop_controllers();
  if (lock_ && lock_->held_since()) {
    if (auto released = lock_->release(); !released)
      log::warn("lease not released", {{"error", released.error().message}});
  }
  leading_ = false;
  caches_stop_.request_stop();
  caches.clear();  // joins
  return outcome;
}

Result<void> Manager::wait_for_caches(const std::stop_token& stop) const {
  const Clock clock = Clock::real();
  const SteadyTime until = clock.steady() + options_.sync_timeout;
  for (const auto& reflector : reflectors_) {
    while (!reflector->synced()) {
      if (clock.steady() >= until) {
        const auto problem = reflector->problem();
        return Error{"SyncTimeout", cat("the cache of ", reflector->resource().plural,
                                        " did not fill: ", problem ? problem->message : "no answer yet")};
      }
      if (!sleep_for(kPoll, stop)) return {};
    }
  }
  return {};
}

void Manager::start_controllers() {
  leading_ = true;
  for (const auto& work : work_) work_threads_.emplace_back(work);
  for (const auto& controller : controllers_) controller->start();
}

void Manager::stop_controllers() {
  for (auto& thread : work_threads_) thread.request_stop();
  for (const auto& controller : controllers_) controller->stop();
  work_threads_.clear();  // joins
}

bool Manager::ready() const {
  for (const auto& reflector : reflectors_) {
    if (!reflector->synced()) return false;
  }
  return true;
}

std::optional<std::string> Manager::stuck() const {
  for (const auto& controller : controllers_) {
    if (controller->longest_running() > kLongestReconcile) return "controller " + controller->name() + " hangs";
  }
  if (leading_ && lock_) {
    const auto held = lock_->held_since();
    if (held && lease_clock_.steady() - *held > lock_->options().duration) return "the lease is overdue";
  }
  return std::nullopt;
}

void Manager::publish(metrics::Registry& metrics) {
  using Samples = std::vector<metrics::Registry::Sample>;
  const auto per_controller = [this](auto value) {
    Samples out;
    for (const auto& c : controllers_) out.push_back({{{"controller", c->name()}, {"name", c->name()}}, value(*c)});
    return out;
  };
  const auto per_cache = [this](auto value) {
    Samples out;
    for (const auto& r : reflectors_) out.push_back({{{"resource", r->resource().plural}}, value(*r)});
    return out;
  };
  metrics.collect("workqueue_depth", [=] {
    return per_controller([](const ControllerRunner& c) { return static_cast<double>(c.depth()); });
  });
  metrics.collect("workqueue_longest_running_processor_seconds", [=] {
    return per_controller(
        [](const ControllerRunner& c) { return std::chrono::duration<double>(c.longest_running()).count(); });
  });
  metrics.collect("tidegate_cache_objects",
                  [=] { return per_cache([](const Reflector& r) { return static_cast<double>(r.store().size()); }); });
  metrics.collect("tidegate_cache_silent_seconds", [=] {
    return per_cache([](const Reflector& r) { return std::chrono::duration<double>(r.silent_for()).count(); });
  });
  metrics.collect("tidegate_cache_failing",
                  [=] { return per_cache([](const Reflector& r) { return r.problem() ? 1.0 : 0.0; }); });
  metrics.collect("leader_election_master_status", [this] {
    return Samples{{{{"name", options_.lease ? options_.lease->name : ""}}, leading_ ? 1.0 : 0.0}};
  });
}

void Manager::hard_exit() {
  _exit(1);
}

}  // namespace tidegate::kube
