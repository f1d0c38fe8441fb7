// What a volume refuses, in words.
#pragma once

#include <string>

#include "common/base/result.h"

namespace tidegate::files {

// Reason Waiting: "Volume: raw/payments: No space left on device; make the volume larger, or remove files", at most 300
// bytes. `path`: of what, as people know it; `code`: an errno.
Error volume_error(const std::string& path, int code);

}  // namespace tidegate::files
