// A secret in a file, as Kubernetes mounts it.
#pragma once

#include <string>

#include "common/base/result.h"

namespace tidegate::sinks {

// The file's one line, without blanks around it; "" for the path "". Fails with Waiting when it is empty or has more
// lines: a header made of it could be another one.
Result<std::string> read_secret(const std::string& path);

}  // namespace tidegate::sinks
