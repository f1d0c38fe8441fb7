// How long the production law takes for a large pipeline.
#pragma once

namespace tidegate::bench {

struct DecisionTime {
  double mean_us = 0, worst_us = 0;  // processor time of one evaluation
};

// `stages` stages of `partitions` partitions each, every figure known and moving; 1,000 evaluations after 100.
DecisionTime decision_time(int stages, int partitions);

}  // namespace tidegate::bench
