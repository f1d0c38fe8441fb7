// Reading single figures from the /metrics of our pods.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace tidegate::controllers {

// Reads /metrics of pods by address, all at the same time; results in that order.
using ReadPods = std::function<std::vector<Result<std::string>>(const std::vector<std::string>& addresses)>;

// The real one: the worker's HTTP port (docs/architecture.md), each answer within 0.8 s.
std::vector<Result<std::string>> read_pod_metrics(const std::vector<std::string>& addresses);

// The value of the first series of that name in a /metrics text; nullopt when there is none that is a number from 0 on.
std::optional<double> metric_value(const std::string& metrics, std::string_view name);

}  // namespace tidegate::controllers
