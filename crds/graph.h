// How the stages of a pipeline hang together.
#pragma once

#include <vector>

#include "common/base/result.h"
#include "crds/pipeline.h"

namespace tidegate::crds {

// Checks what the API server's rules cannot or may not have checked: references, unique names, cycles, keys of topics
// with declared fields. Fails with reason InvalidSpec and a message that names the field. Pure.
Result<void> check_graph(const PipelineSpec& spec);

// The processors so that each comes after those that write the topic it reads or its tables. Pointers into `spec`.
// Precondition: check_graph() succeeded.
std::vector<const Processor*> in_flow_order(const PipelineSpec& spec);

// What the query of a processor calls the topic that it reads.
const std::string& table_of(const Processor& processor);

// The fields that the output of a processor is keyed by: its own key, else that of the topic it writes to.
std::vector<std::string> output_key(const PipelineSpec& spec, const Processor& processor);

}  // namespace tidegate::crds
