// How far the workloads are with what was planned. Pure.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/json/json.h"

namespace tidegate::controllers {

// What a StatefulSet or Deployment still has to do for its newest template; nothing when all its pods have it.
std::optional<Error> rollout_pending(const Json& workload, const std::string& stage);

}  // namespace tidegate::controllers
