// The stages that a pipeline has without its user declaring them.
#pragma once

#include <string>

#include "common/base/result.h"
#include "crds/pipeline.h"

namespace tidegate::crds {

// The spec as it runs. Where the groups of a window could lie in several partitions of the topic that it reads
// (rekeyed_by), a row-wise processor copies the topic's records into an internal topic that is keyed as the groups
// need it, exactly once, and the processor with the window reads that one. Both are like any others to whoever
// plans, watches or scales. Fails with InvalidSpec when a name is taken. Precondition: check_graph(spec) succeeded.
// Pure.
Result<PipelineSpec> expand(const PipelineSpec& spec, const std::string& ns, const std::string& pipeline);

}  // namespace tidegate::crds
