// `tidegate-worker run`: one stage with its probes and metrics, until SIGTERM.
#pragma once

#include <string>

#include "worker/stage/step.h"

namespace tidegate {

// `config`: path of stage.json. The exit code. `wrap`: see stage::StepWrapper.
int run_stage(const std::string& config, const stage::StepWrapper& wrap = {});

}  // namespace tidegate
