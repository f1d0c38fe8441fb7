// How records of a topic are read.
#pragma once

#include <vector>

#include "common/base/result.h"
#include "common/json/json.h"
#include "crds/pipeline.h"

namespace tidegate::crds {

// Whether the field is part of the record's value, not of what lies beside it.
bool is_of_value(const Field& field);

// Checks what the fields of each topic say against each other, the topic's format and the stages at it. Fails with
// reason InvalidSpec. Pure.
Result<void> check_fields(const PipelineSpec& spec);

// As workers and the accepted spec hold them: {"name", "type"} and what else is not the default.
Json to_json(const std::vector<Field>& fields);
std::vector<Field> fields_from_json(const Json& fields);

// Adds `format` and `delimiter` of the topic, if it is listed and they are not the default, to what names its fields.
void add_format(const PipelineSpec& spec, const std::string& topic, Json& to);

}  // namespace tidegate::crds
