// `tidegate-worker run`: one stage with its probes and metrics, until SIGTERM.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "worker/stage/step.h"

namespace tidegate {

// `config`: path of stage.json. The exit code. `wrap`: see stage::StepWrapper.
int run_stage(const std::string& config, const stage::StepWrapper& wrap = {});

// The query or the sink of a processor or sink. Fails with InvalidSettings, or InvalidArguments for a source.
Result<std::unique_ptr<stage::Step>> make_step(const stage::Settings& settings, std::size_t max_row_bytes);

}  // namespace tidegate
