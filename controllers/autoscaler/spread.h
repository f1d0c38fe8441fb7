// How well load spreads over replicas: partitions are the grains, and they are not alike.
#pragma once

#include <vector>

namespace tidegate::autoscaler {

// Assumes an even assignment by count, as Kafka's assignors make: the fullest replica has ceil(P / replicas)
// partitions.
class Spread {
 public:
  // Loads of the partitions in any unit; empty: one grain that splits at will (a source).
  explicit Spread(const std::vector<double>& loads = {});

  // Who holds which partition just now (-1: not known): where heavy partitions met, they are taken to meet again.
  void observe(const std::vector<double>& loads, const std::vector<int>& holders);
  // How much more the busiest replica has than was to be expected of the partitions; at least 1.
  double unevenness() const { return unevenness_; }
  void keep_unevenness(double value) { unevenness_ = value; }

  // What part of all load the busiest of `replicas` has: at best 1 / replicas.
  double busiest(int replicas) const;
  // The same if partitions were alike.
  double even(int replicas) const;
  // More than that bring nothing.
  int most_useful() const { return partitions_ == 0 ? 1 << 20 : partitions_; }
  // The smallest count that leaves the busiest replica as little as `replicas` does.
  int smallest_like(int replicas) const;
  // The heaviest partition's part of all load, and which it is.
  double heaviest() const { return heaviest_; }
  int heaviest_partition() const { return heaviest_partition_; }

 private:
  int partitions_ = 0;
  double heaviest_ = 0;
  double unevenness_ = 1;
  int heaviest_partition_ = -1;
};

}  // namespace tidegate::autoscaler
