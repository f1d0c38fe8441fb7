// The text of `kubectl tidegate explain`. Pure.
#pragma once

#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/json/json.h"

namespace tidegate::cli {

// What part of the operator's answer to show.
struct ExplainChoice {
  std::string stage;              // "": all
  std::optional<WallTime> since;  // decisions that still held then, or came later
};

// The answer without what was not asked for.
Json choose(const Json& answer, const ExplainChoice& choice);

// One line a decision: time, stage, replicas, reason, sentence; advice below.
std::string render_explain(const Json& answer);

}  // namespace tidegate::cli
