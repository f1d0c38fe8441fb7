// `tidegate-worker letters`: looks at the records of a stage and its dead letters, and gives dead letters to the stage
// again. What `kubectl tidegate dead-letters` and `tail` run in the cluster.
#pragma once

#include <string>

#include "common/json/json.h"

namespace tidegate::letters {

// Does what `request` asks of the stage that `config` (stage.json) describes:
//   {"action": "list"}    how many dead letters, by reason
//   {"action": "show"}    the letters themselves, newest last
//   {"action": "replay"}  runs them through the stage's own query or sink again; what fails again is a dead letter
//   again
//   {"action": "tail"}    the last records that the stage wrote (a sink: that it reads)
// with "reason", "since", "until", "fields" (letter.h) and "from", the offset to begin at; "limit"; and for replay
// "rate" (records per second), "dryRun" and "mostFailures": letters that failed more often are left out.
// Writes to standard output one JSON object a line: {"record": …}, at last {"done": …} or {"error": "…"}.
// Returns the process's exit code.
int run(const std::string& config, const Json& request);

}  // namespace tidegate::letters
