// Kubernetes Events about our objects. Recording never blocks or fails a reconcile.
#pragma once

#include <string>

#include "common/json/json.h"

namespace tidegate::kube {

class EventRecorder {
 public:
  virtual ~EventRecorder() = default;
  // `regarding`: the object (its metadata, kind and apiVersion are used). `note` is cut to 1 kB.
  // The same event within 6 minutes raises the count of the first one.
  virtual void record(const Json& regarding, bool warning, const std::string& reason, const std::string& note) = 0;
};

}  // namespace tidegate::kube
