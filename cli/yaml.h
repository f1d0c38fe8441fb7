// Manifests as people write them. The only door to the YAML library in the CLI.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/json/json.h"

namespace tidegate::cli {

// All documents of a YAML (or JSON) text; empty documents are left out. Plain scalars get the types Kubernetes gives
// them: true, 12 and 1.5 are no strings, "12" is one. Fails with InvalidYaml, naming line and column.
Result<std::vector<Json>> parse_yaml(const std::string& text);

// The same of a file; "-" is standard input. Fails with NotFound too.
Result<std::vector<Json>> read_yaml(const std::string& path);

}  // namespace tidegate::cli
