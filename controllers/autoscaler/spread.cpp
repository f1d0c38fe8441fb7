#include "controllers/autoscaler/spread.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <numeric>

namespace tidegate::autoscaler {
namespace {

constexpr double kMostUneven = 2;

}  // namespace

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
  if (most == 1) return heaviest_;
  const double other = (1 - heaviest_) / (partitions_ - 1);
  return std::clamp(unevenness_ * (heaviest_ + (most - 1) * other), heaviest_, 1.0);
}

void Spread::observe(const std::vector<double>& loads, const std::vector<int>& holders) {
  if (loads.size() != holders.size() || partitions_ == 0) return;
  std::map<int, double> held;
  double total = 0;
  for (std::size_t p = 0; p < loads.size(); ++p) {
    if (holders[p] < 0) return;
    held[holders[p]] += loads[p];
    total += loads[p];
  }
  unevenness_ = 1;
  if (total <= 0) return;
  double most = 0;
  for (const auto& [replica, load] : held) most = std::max(most, load);
  unevenness_ = std::clamp(most / total / busiest(static_cast<int>(held.size())), 1.0, kMostUneven);
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
