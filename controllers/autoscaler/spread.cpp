#include "controllers/autoscaler/spread.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace tidegate::autoscaler {

Spread::Spread(const std::vector<double>& loads) : partitions_(static_cast<int>(loads.size())) {
  if (loads.empty()) return;
  const double total = std::accumulate(loads.begin(), loads.end(), 0.0);
  const auto heaviest = std::max_element(loads.begin(), loads.end());
  heaviest_partition_ = static_cast<int>(heaviest - loads.begin());
  heaviest_ = total > 0 ? *heaviest / total : 1.0 / partitions_;
}

// The busiest is taken to hold the heaviest partition and otherwise average ones.
double Spread::busiest(int replicas) const {
  if (partitions_ == 0) return 1.0 / std::max(replicas, 1);
  const int useful = std::clamp(replicas, 1, partitions_);
  const int most = (partitions_ + useful - 1) / useful;
  if (partitions_ == 1) return 1;
  const double other = (1 - heaviest_) / (partitions_ - 1);
  return std::min(1.0, heaviest_ + (most - 1) * other);
}

double Spread::even(int replicas) const {
  if (partitions_ == 0) return 1.0 / std::max(replicas, 1);
  const int useful = std::clamp(replicas, 1, partitions_);
  return static_cast<double>((partitions_ + useful - 1) / useful) / partitions_;
}

int Spread::smallest_like(int replicas) const {
  if (partitions_ == 0 || replicas < 1) return replicas;
  const int useful = std::min(replicas, partitions_);
  const int most = (partitions_ + useful - 1) / useful;
  return (partitions_ + most - 1) / most;
}

}  // namespace tidegate::autoscaler
