// Structural checks against a CustomResourceDefinition's OpenAPI schema, as the API server does them: types, required
// and unknown fields, enums and limits. Patterns and CEL rules are left to the API server.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/json/json.h"

namespace tidegate::cli {

// The schema of a kind as it was when this program was built; null for a kind that is not ours.
const Json& schema_of(const std::string& api_version, const std::string& kind);

// One sentence for each thing that does not fit, beginning with the field's path; empty when all is well.
std::vector<std::string> check_schema(const Json& schema, const Json& value, const std::string& path);

}  // namespace tidegate::cli
