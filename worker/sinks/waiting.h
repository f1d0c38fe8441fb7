// What a sink says while its target is away or refuses for a cause that may pass.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/text.h"

namespace tidegate::sinks {

// "TARGET: PROBLEM" in at most 300 bytes (sink.h, Errors).
inline Error waiting_for(std::string_view target, std::string_view problem) {
  return {"Waiting", std::string(truncate_utf8(cat(target, ": ", problem), 300))};
}

}  // namespace tidegate::sinks
