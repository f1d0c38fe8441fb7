// What can be said about a manifest without a cluster.
#pragma once

#include <string>
#include <vector>

#include "cli/worker_check.h"
#include "common/json/json.h"
#include "crds/pipeline.h"

namespace tidegate::cli {

// One sentence for each mistake, beginning with the field's path; empty when there is none. Structure first; references
// and cycles once the structure holds; SQL, and the keys that depend on its columns, once those hold.
// `check` may be empty: SQL is not checked then. Objects of other kinds have no mistakes.
std::vector<std::string> validate(const Json& object, const CheckQuery& check);

// What its user may want to know about an object without mistakes: the stages that it has without declaring them.
std::vector<std::string> remarks(const Json& object);

// The spec of a Pipeline as it runs, internal stages included. Fails with the first mistake in its references.
Result<crds::PipelineSpec> spec_to_run(const Json& pipeline);

}  // namespace tidegate::cli
