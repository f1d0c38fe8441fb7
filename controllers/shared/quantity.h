// Kubernetes quantities such as 100m and 512Mi.
#pragma once

#include <optional>

#include "common/json/json.h"

namespace tidegate::controllers {

// The value in the base unit (cores, bytes); nothing when it is no quantity. Exponents ("1e3") are not understood.
std::optional<double> quantity_value(const Json& quantity);

}  // namespace tidegate::controllers
