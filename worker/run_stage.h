// `tidegate-worker run`: one stage with its probes and metrics, until SIGTERM.
#pragma once

#include <memory>
#include <string>

#include "worker/stage/output.h"
#include "worker/stage/step.h"

namespace tidegate {

// `config`: path of stage.json. The exit code. `wrap`: see stage::StepWrapper.
int run_stage(const std::string& config, const stage::StepWrapper& wrap = {});

// What a stage does with records. Fails with InvalidSettings, or InvalidArguments for a stage without dead letters.
Result<std::unique_ptr<stage::Step>> make_step(const stage::Settings& settings, const stage::Output& output);

}  // namespace tidegate
