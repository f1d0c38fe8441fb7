// Prints records to standard output, one JSON object a line: for trying a pipeline out.
#pragma once

#include <memory>
#include <string>

#include "worker/sinks/sink.h"

namespace tidegate::sinks {

// {"topic", "partition", "offset", "timestamp" (ms), "key", "value"}; the value as it is when it is JSON, else as text.
// `topic` is only printed.
std::unique_ptr<Sink> make_log_sink(const std::string& topic);

}  // namespace tidegate::sinks
