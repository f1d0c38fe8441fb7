// Waiting as a parameter, so that tests decide how time passes.
#pragma once

#include <functional>
#include <stop_token>

#include "common/base/clock.h"

namespace tidegate::kube {

// Waits that long; false when stopped before.
using Sleep = std::function<bool(Duration, const std::stop_token&)>;

bool sleep_for(Duration duration, const std::stop_token& stop);

}  // namespace tidegate::kube
