// Detects SchemaDrift: a declared field that has become null, because it disappeared or was renamed.
#pragma once

#include "controllers/health/problem.h"
#include "controllers/health/surge.h"

namespace tidegate::health {

class NullRatio {
 public:
  void look(const Instant& now, const StageEvidence& stage, std::vector<Finding>& found);

  // By field; null while nothing is learned.
  Json kept() const;
  void keep(const Json& kept);

 private:
  Growth growth_;
  std::map<std::string, Surge> fields_;
};

}  // namespace tidegate::health
