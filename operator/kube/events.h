// Kubernetes Events about our objects. Recording never blocks or fails a reconcile.
#pragma once

#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/json/json.h"
#include "operator/kube/api.h"

namespace tidegate::kube {

class EventRecorder {
 public:
  virtual ~EventRecorder() = default;
  // `regarding`: the object (its metadata, kind and apiVersion are used). `note` is cut to 1 kB.
  // The same event within 6 minutes raises the count of the first one.
  virtual void record(const Json& regarding, bool warning, const std::string& reason, const std::string& note) = 0;
};

// Sends events.k8s.io/v1 Events from a thread of its own. At most 1,000 wait or are remembered; more are dropped. What
// the server refuses is logged and forgotten. `controller`: who reports ("tidegate.io/operator"); `instance`: this
// process.
std::unique_ptr<EventRecorder> make_event_recorder(Api& api, std::string controller, std::string instance,
                                                   Clock clock = Clock::real());

}  // namespace tidegate::kube
