// Starts and stops the parts of a controller process in the right order:
// caches → synced → elected → controllers; backwards on the way out.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "operator/kube/client.h"
#include "operator/kube/controller_runner.h"
#include "operator/kube/leader_election.h"
#include "operator/kube/reflector.h"

namespace tidegate::kube {

class Manager {
 public:
  struct Options {
    std::optional<LeaseOptions> lease = {};  // nothing: no election, this process leads
    bool strict = false;                     // see Client::Options
    Duration sync_timeout = std::chrono::minutes(2);
    Duration stop_timeout = std::chrono::seconds(30);
    // Must end the process at once. A test may give another.
    std::function<void()> on_lost = hard_exit;
  };

  // The lease has a transport of its own, so that bulk traffic cannot delay a renewal. Transports and registry must
  // outlive the manager, and the registry must not be rendered after the manager is gone.
  Manager(Transport& requests, Transport& lease, metrics::Registry& metrics, Options options);
  ~Manager();

  // For controllers. Calls go on while the manager stops, until their deadline.
  Client& api() { return api_; }

  // All of these before run(). References stay valid as long as the manager.
  Reflector& follow(Reflector::Options options);
  ControllerRunner& control(const std::string& name, Reconciler& reconciler, int workers);
  // Runs on a thread of its own while this process leads; must return soon after stop is requested.
  void while_leading(std::function<void(std::stop_token)> work);

  // Until stop is requested; then all has ended in order and the lease is free. Fails when the caches do not fill
  // within sync_timeout (SyncTimeout, naming the resource and why) or the lease options make no sense. A stop that
  // takes longer than stop_timeout ends the process.
  Result<void> run(const std::stop_token& stop);

  // All caches are filled (readiness; standbys are ready too).
  bool ready() const;
  bool leading() const { return leading_; }
  // Why this process should be restarted (liveness); nothing while it works.
  std::optional<std::string> stuck() const;

  static void hard_exit();

 private:
  Result<void> wait_for_caches(const std::stop_token& stop) const;
  void start_controllers();
  void stop_controllers();
  void publish(metrics::Registry& metrics);

  const Options options_;
  metrics::Registry& metrics_;
  std::stop_source caches_stop_;
  Client api_;
  Client cache_client_;
  Client lease_client_;
  const Clock lease_clock_ = boottime_clock();
  std::unique_ptr<LeaseLock> lock_;
  std::vector<std::unique_ptr<Reflector>> reflectors_;
  std::vector<std::unique_ptr<ControllerRunner>> controllers_;
  std::vector<std::function<void(std::stop_token)>> work_;
  std::vector<std::jthread> work_threads_;
  std::atomic<bool> leading_ = false;
};

}  // namespace tidegate::kube
