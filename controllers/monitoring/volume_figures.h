// How full the volumes of brokers are, asked of the sidecar beside each broker.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "controllers/health/evidence.h"
#include "controllers/shared/pod_metrics.h"
#include "operator/kube/cache.h"

namespace tidegate::controllers {

// Thread-safe. Asking never waits: a thread of its own (run()) reads every ten seconds from the pods that were asked
// about lately.
class VolumeFigures {
 public:
  explicit VolumeFigures(ReadPods read = read_pod_metrics, Clock clock = Clock::real())
      : read_(std::move(read)), clock_(std::move(clock)) {}

  // Of those pods that have said within 35 s.
  std::vector<health::VolumeEvidence> of(const std::vector<kube::ObjectPtr>& pods);

  void tick();
  void run(const std::stop_token& stop);

 private:
  struct Pod {
    std::string address;
    SteadyTime asked{}, told{};  // about it, by it
    double bytes = 0, used = 0;
  };

  const ReadPods read_;
  const Clock clock_;
  std::mutex mutex_;
  std::map<std::string, Pod> pods_;  // by namespace and name
};

}  // namespace tidegate::controllers
