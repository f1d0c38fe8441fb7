#include "controllers/scaling/law.h"

namespace tidegate::controllers {
namespace {

class AutoscalerLaw final : public ScalingLaw {
 public:
  std::vector<autoscaler::Decision> evaluate(double now, const autoscaler::Objectives& objectives,
                                             const std::vector<autoscaler::StageLook>& stages) override {
    return autoscaler_.evaluate(now, objectives, stages);
  }
  Json learned(double now) const override { return autoscaler_.learned(now); }
  void learn(double now, const Json& learned) override { autoscaler_.learn(now, learned); }
  void took_over(double now) override { autoscaler_.took_over(now); }

 private:
  autoscaler::Autoscaler autoscaler_;
};

}  // namespace

std::unique_ptr<ScalingLaw> make_scaling_law() {
  return std::make_unique<AutoscalerLaw>();
}

}  // namespace tidegate::controllers
