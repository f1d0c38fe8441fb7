#include "operator/kube/leader_election.h"

#include <ctime>
#include <random>
#include <thread>

#include "common/base/log.h"

namespace tidegate::kube {
namespace {

const Resource kLeases{"coordination.k8s.io", "v1", "leases", "Lease"};
constexpr double kJitter = 1.2;
constexpr Duration kWatchdogTick{200};

}  // namespace

Result<void> check(const LeaseOptions& options) {
  if (options.ns.empty() || options.name.empty() || options.identity.empty()) {
    return Error{"InvalidConfig", "leader election needs a namespace, a lease name and an identity"};
  }
  const auto retry = std::chrono::duration<double, std::milli>(options.retry) * kJitter;
  if (options.duration <= options.renew_deadline || options.renew_deadline <= retry) {
    return Error{"InvalidConfig", "leader election needs lease duration > renew deadline > 1.2 x retry period"};
  }
  return {};
}

Clock boottime_clock() {
  Clock clock = Clock::real();
  clock.steady = [] {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return SteadyTime(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
  };
  return clock;
}

LeaseLock::LeaseLock(Api& api, LeaseOptions options, Clock clock)
    : api_(api), options_(std::move(options)), clock_(std::move(clock)) {}

bool LeaseLock::valid(SteadyTime now) const {
  return now < observed_at_ + std::chrono::seconds(observed_.at("spec/leaseDurationSeconds").as_int());
}

void LeaseLock::observe(const Json& lease, SteadyTime at) {
  observed_ = lease;
  observed_at_ = at;
}

// The lease as it should be; fields we do not know stay.
Json LeaseLock::claim(Json lease) const {
  const std::string now = to_rfc3339_micro(clock_.wall());
  Json& spec = lease["spec"];
  if (spec.at("holderIdentity").as_string() != options_.identity) {
    spec["acquireTime"] = now;
    spec["leaseTransitions"] = spec.at("leaseTransitions").as_int() + (spec.has("holderIdentity") ? 1 : 0);
  }
  spec["holderIdentity"] = options_.identity;
  spec["leaseDurationSeconds"] = std::chrono::duration_cast<std::chrono::seconds>(options_.duration).count();
  spec["renewTime"] = now;
  return lease;
}

bool LeaseLock::won(const Json& lease, SteadyTime at) {
  observe(lease, at);
  const std::lock_guard lock(mutex_);
  held_since_ = at;
  return true;
}

bool LeaseLock::renew_fast(SteadyTime now) {
  if (holder() != options_.identity || !valid(now)) return false;
  const auto renewed = api_.replace(kLeases, claim(observed_));
  return renewed && won(*renewed, now);
}

bool LeaseLock::attempt() {
  if (renew_fast(clock_.steady())) return true;
  auto lease = api_.get(kLeases, options_.ns, options_.name);
  const SteadyTime now = clock_.steady();
  if (!lease && lease.error().reason == "NotFound") {
    Json made = Json::object({{"apiVersion", kLeases.api_version()},
                              {"kind", kLeases.kind},
                              {"metadata", Json::object({{"name", options_.name}, {"namespace", options_.ns}})},
                              {"spec", Json::object({})}});
    const auto created = api_.create(kLeases, claim(std::move(made)));
    return created && won(*created, now);
  }
  if (!lease) {
    log::warn("cannot read the lease", {{"reason", lease.error().reason}, {"error", lease.error().message}});
    return false;
  }
  if (lease->at("spec") != observed_.at("spec")) observe(*lease, now);
  if (!holder().empty() && holder() != options_.identity) {
    const std::lock_guard lock(mutex_);
    held_since_.reset();
  }
  if (!holder().empty() && holder() != options_.identity && valid(now)) return false;
  const auto taken = api_.replace(kLeases, claim(std::move(*lease)));
  return taken && won(*taken, now);
}

Result<void> LeaseLock::release() {
  for (int tries = 3;; --tries) {
    auto lease = api_.get(kLeases, options_.ns, options_.name);
    if (!lease) return std::move(lease).error();
    if (lease->at("spec/holderIdentity").as_string() != options_.identity) return {};
    Json& spec = (*lease)["spec"];
    spec["holderIdentity"] = "";
    spec["leaseDurationSeconds"] = 1;
    spec["renewTime"] = to_rfc3339_micro(clock_.wall());
    {
      const std::lock_guard lock(mutex_);
      held_since_.reset();
    }
    const auto released = api_.replace(kLeases, *lease);
    if (released) return {};
    if (released.error().reason != "Conflict" || tries == 1) return released.error();
  }
}

std::optional<SteadyTime> LeaseLock::held_since() const {
  const std::lock_guard lock(mutex_);
  return held_since_;
}

void lead(LeaseLock& lock, const Clock& clock, const Sleep& sleep, const std::stop_token& stop,
          const std::function<void()>& on_elected, const std::function<void()>& on_lost) {
  const LeaseOptions& options = lock.options();
  const auto overdue = [&] {
    const auto held = lock.held_since();
    return !held || clock.steady() - *held >= options.renew_deadline;
  };
  std::minstd_rand random(std::random_device{}());
  while (!lock.attempt()) {
    const double stretch = 1 + kJitter * std::uniform_real_distribution<>(0, 1)(random);
    if (!sleep(std::chrono::duration_cast<Duration>(options.retry * stretch), stop)) return;
  }
  log::info("leading", {{"lease", options.name}, {"identity", options.identity}});

  std::once_flag lost;
  const auto lose = [&] {
    std::call_once(lost, [&] {
      log::error("lost the lease", {{"lease", options.name}, {"identity", options.identity}});
      on_lost();
    });
  };
  // Renewing can hang, and so can whoever wants to stop us: nobody else is asked.
  const std::jthread watchdog([&](const std::stop_token& done) {
    while (sleep_for(kWatchdogTick, done)) {
      if (overdue()) return lose();
    }
  });
  on_elected();
  while (sleep(options.retry, stop)) {
    if (!lock.attempt() && overdue()) return lose();
  }
}

}  // namespace tidegate::kube
