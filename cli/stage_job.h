// A Job that runs the worker beside a stage: with its settings, secrets and image, and under the rights of whoever
// asks. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/json/json.h"

namespace tidegate::cli {

// `workload`: the stage's StatefulSet or Deployment. The Job's pod is none of the stage's: it has other labels, no
// probes and no place in the consumer group. `request`: for `tidegate-worker letters`.
Json stage_job(const Json& workload, const std::string& name, const Json& request);

// What the worker wrote: `records` in its order, and what it said at last.
struct StageAnswer {
  std::vector<Json> records;
  Json done;
};
// Lines that are no answer, such as log lines, are passed over. Fails with what the worker says went wrong, or with
// NoAnswer when it ended without a last word.
Result<StageAnswer> read_answer(const std::string& log);

}  // namespace tidegate::cli
