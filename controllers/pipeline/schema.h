// The fields of every topic of a pipeline: declared ones and those that queries give.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "controllers/pipeline/sql_check.h"
#include "crds/pipeline.h"

namespace tidegate::controllers {

using TopicFields = std::map<std::string, std::vector<crds::Field>>;

// Checks the queries in the order in which records pass them. Fails with SqlCheck's reasons, or InvalidSpec when a key
// or a declared field is not among the columns; the message names the processor or sink and the field. Precondition:
// crds::check_graph(spec) succeeded.
Result<TopicFields> resolve_fields(const crds::PipelineSpec& spec, SqlCheck& check);

}  // namespace tidegate::controllers
