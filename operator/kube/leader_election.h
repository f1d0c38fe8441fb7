// One operator acts at a time: the holder of a Lease. The algorithm is client-go's (tools/leaderelection): clocks of
// different machines are never compared; a lease counts as held until its duration has passed *locally* since it was
// last seen to change. It is no fence: writes carry preconditions of their own.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "operator/kube/api.h"
#include "operator/kube/sleep.h"

namespace tidegate::kube {

struct LeaseOptions {
  std::string ns;
  std::string name;
  std::string identity;  // unique per process
  Duration duration = std::chrono::seconds(15);
  Duration renew_deadline = std::chrono::seconds(10);  // no renewal for so long: leadership is lost
  Duration retry = std::chrono::seconds(2);
};

// Fails unless duration > renew_deadline > 1.2 × retry and the names are set.
Result<void> check(const LeaseOptions& options);

// Clock whose steady part goes on while the machine is suspended (CLOCK_BOOTTIME): a leader that slept must know it.
Clock boottime_clock();

// The lock itself, one attempt at a time. Attempts come from one thread; the other calls are thread-safe.
class LeaseLock {
 public:
  LeaseLock(Api& api, LeaseOptions options, Clock clock);

  // Acquires or renews; at most one read and one write. True when the lease is ours now.
  bool attempt();
  // Hands the lease back; call it after all work has stopped. Another can take it at once.
  Result<void> release();

  // The start of the attempt that acquired or last renewed the lease; nothing when it is not ours.
  std::optional<SteadyTime> held_since() const;
  const LeaseOptions& options() const { return options_; }

 private:
  bool renew_fast(SteadyTime now);
  Json claim(Json lease) const;
  void observe(const Json& lease, SteadyTime at);
  bool valid(SteadyTime now) const;
  const std::string& holder() const { return observed_.at("spec/holderIdentity").as_string(); }
  bool won(const Json& lease, SteadyTime at);

  Api& api_;
  const LeaseOptions options_;
  const Clock clock_;
  Json observed_;
  SteadyTime observed_at_{};

  mutable std::mutex mutex_;
  std::optional<SteadyTime> held_since_;
};

// Waits for the lease, then renews it until stop is requested or it is lost. `on_elected` runs once on this thread and
// must return. `on_lost` must end the process within duration − renew_deadline (5 s): someone else leads then. It comes
// from a thread of its own when renewing hangs.
void lead(LeaseLock& lock, const Clock& clock, const Sleep& sleep, const std::stop_token& stop,
          const std::function<void()>& on_elected, const std::function<void()>& on_lost);

}  // namespace tidegate::kube
