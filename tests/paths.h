// Where the checkout is that was built.
#pragma once

#include <string>

namespace tidegate {

// The absolute path of one of its files or folders, such as "docs/metrics.md".
std::string source_path(const std::string& path);

}  // namespace tidegate
