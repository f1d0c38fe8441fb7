// Detects a surge of dead letters. Their reason says what is at fault: the producer (SchemaDrift), the target
// (SinkRejecting); anything else, and a share too small for these, is a DeadLetterSurge.
#pragma once

#include "controllers/health/problem.h"
#include "controllers/health/surge.h"

namespace tidegate::health {

class DeadLetters {
 public:
  void look(const Instant& now, const StageEvidence& stage, std::vector<Finding>& found);

  // By reason; null while nothing is learned.
  Json kept() const;
  void keep(const Json& kept);

 private:
  struct Reason {
    Surge gross{Surge::kGross}, fine{Surge::kFine};
    bool is_gross = false;  // until the whole surge is over
    std::string field;      // that a dead letter named when this surge began
  };

  Growth growth_;
  std::map<std::string, Reason> reasons_;
};

}  // namespace tidegate::health
