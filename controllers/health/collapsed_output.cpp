#include "controllers/health/collapsed_output.h"

#include <cmath>

#include "common/base/text.h"
#include "controllers/health/surge.h"

namespace tidegate::health {

void CollapsedOutput::look(const Instant& now, const StageEvidence& stage, std::vector<Finding>& found) {
  if (stage.kind != "processor") return;
  const Count in = total(stage, &PartitionEvidence::in);
  const Count out = total(stage, &PartitionEvidence::out);
  if (in && out) {
    if (const auto grown = growth_.since_last({*in, *out})) selectivity_.add(now, (*grown)[0], (*grown)[1]);
  }
  if (!selectivity_.raised()) return;
  found.push_back(finding(Kind::collapsed_output, stage.name, stage.kind, "",
                          cat(std::to_string(std::llround(selectivity_.come())), " outputs where ",
                              std::to_string(std::llround(selectivity_.due())), " were due: learned ",
                              percent(selectivity_.usual().value_or(0)), " of records since ",
                              to_rfc3339(selectivity_.since().value_or(now.wall)))));
}

}  // namespace tidegate::health
