// Detects what one look shows: Failing, Stalled, Waiting, DataLost and TopicLost of a stage, Slow, SkewedPartition; and
// what is true of the whole pipeline. No history; how long it lasts is counted by the Tracker.
#pragma once

#include "controllers/health/evidence.h"
#include "controllers/health/problem.h"

namespace tidegate::health {

void look_at_state(const StageEvidence& stage, std::vector<Finding>& found);
void look_for_lost_data(const StageEvidence& stage, std::vector<Finding>& found);
void look_for_slowness(const StageEvidence& stage, std::vector<Finding>& found);
void look_for_skew(const StageEvidence& stage, std::vector<Finding>& found);
// `kafka_starts`: for the first time, so that nobody can have reached it yet.
void look_at_pipeline(const PipelineEvidence& pipeline, bool kafka_starts, std::vector<Finding>& found);

}  // namespace tidegate::health
