// The seam to the autoscaler, so that tests of what carries its decisions out do not depend on how it decides.
#pragma once

#include <memory>

#include "controllers/autoscaler/autoscaler.h"

namespace tidegate::controllers {

// As autoscaler::Autoscaler.
class ScalingLaw {
 public:
  virtual ~ScalingLaw() = default;
  virtual std::vector<autoscaler::Decision> evaluate(double now, const autoscaler::Objectives& objectives,
                                                     const std::vector<autoscaler::StageLook>& stages) = 0;
  virtual Json learned(double now) const = 0;
  virtual void learn(double now, const Json& learned) = 0;
  virtual void took_over(double now) = 0;
};

// The real one.
std::unique_ptr<ScalingLaw> make_scaling_law();

}  // namespace tidegate::controllers
