// How full the HTTP intake is: bytes in flight, read from the pods' metrics.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "controllers/shared/pod_metrics.h"
#include "operator/kube/cache.h"

namespace tidegate::controllers {

// Thread-safe. Asking never waits: a thread of its own (run()) reads once a second from the pods that were asked about
// in the last 3 s, at most kMaxPods.
class IntakeFigures {
 public:
  static constexpr std::size_t kMaxPods = 512;

  explicit IntakeFigures(ReadPods read = read_pod_metrics, Clock clock = Clock::real())
      : read_(std::move(read)), clock_(std::move(clock)) {}

  // Over all ready pods of a source; nullopt when one of them has not said within 3 s, or none is ready.
  std::optional<double> bytes_in_flight(const std::vector<kube::ObjectPtr>& pods);
  void tick();
  void run(const std::stop_token& stop);

 private:
  struct Seen {
    double bytes = 0;
    SteadyTime at{};
  };

  const ReadPods read_;
  const Clock clock_;
  std::mutex mutex_;
  std::map<std::string, SteadyTime> asked_;  // when last
  std::map<std::string, Seen> seen_;
};

// The value of tidegate_intake_bytes_in_flight in a /metrics text; nullopt when it has none that is a number.
std::optional<double> intake_bytes(const std::string& metrics);

}  // namespace tidegate::controllers
