// Problems as status has them: written, read back by the process that leads next. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/json/json.h"
#include "controllers/health/problem.h"
#include "controllers/shared/conditions.h"

namespace tidegate::controllers {

// At most 16, messages of at most 200 bytes; worst first as given.
Json problems_json(const std::vector<health::Problem>& problems);
// What an earlier process wrote to status.problems; what is not understood is left out.
std::vector<health::Problem> read_problems(const Json& status);

// The condition Healthy.
Condition healthy(const std::vector<health::Problem>& problems);

// Takes problems and Healthy over from the status of before: a process that has just started does not take back what is
// known before it has looked itself.
void keep_health(Json& status, const Json& before);

}  // namespace tidegate::controllers
