// The production law, controllers/autoscaler, called as the operator calls it.
#pragma once

#include "bench/autoscale/model/controller.h"
#include "controllers/autoscaler/autoscaler.h"

namespace tidegate::bench {

Contender tidegate_law(const std::string& name);

// What the operator would see of the plane as a pipeline's only stage; without metrics every figure is unknown.
autoscaler::StageLook look_at(const DataPlane& plane, bool metrics);

}  // namespace tidegate::bench
