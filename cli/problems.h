// What `kubectl tidegate problems` shows, drawn from the objects the API server returned. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/json/json.h"

namespace tidegate::cli {

struct Problem {
  std::string ns;
  std::string kind;  // "Pipeline" or "KafkaCluster"
  std::string name;
  std::string stage;     // "" when it is not about one stage
  std::string reason;    // one word; docs/runbooks/<reason>.md
  std::string severity;  // "critical" or "warning"
  std::string message;   // "processor score: what; what to do"
  std::optional<WallTime> since;
  std::string subject = {};  // what of the stage: a field, a topic, a pod; "" when it is the whole
};

// status.problems of a Pipeline or KafkaCluster, in the operator's order.
std::vector<Problem> listed_problems(const Json& object);

// The same; an operator that lists none because it is older is read through the states of the stages and its
// conditions.
std::vector<Problem> problems_of(const Json& object, WallTime now);

// Critical ones first, then the older ones.
void sort_worst_first(std::vector<Problem>& problems);

// For people: one line a problem; `warning` (why these may be old news) comes first unless "". `looked_at`: of how many
// objects these are all problems.
std::string render_problems(const std::vector<Problem>& problems, std::size_t looked_at, const std::string& warning,
                            WallTime now);

// For programs: the same content.
Json problems_json(const std::vector<Problem>& problems, std::size_t looked_at, const std::string& warning);

// One problem: {"stage", "reason", "severity", "subject", "message", "since"}, what is unknown left out.
Json to_json(const Problem& problem);

}  // namespace tidegate::cli
