// Status conditions as kstatus reads them: Ready, and the abnormal Reconciling and Stalled.
#pragma once

#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/json/json.h"

namespace tidegate::controllers {

enum class Truth { yes, no, unknown };

struct Condition {
  std::string type;
  Truth status = Truth::unknown;
  std::string reason;  // CamelCase, never empty
  std::string message;
};

// The condition of that type in a status (of any Kubernetes object); null when it has none. Valid while `status` is.
const Json& find_condition(const Json& status, const std::string& type);

// The conditions as JSON. lastTransitionTime is kept from `before` (status.conditions of old) unless the status of that
// condition changed.
Json conditions_json(const std::vector<Condition>& now, const Json& before, std::int64_t generation, WallTime time);

}  // namespace tidegate::controllers
