// What one replica can take in per second, learned from busy time.
#pragma once

#include <map>
#include <optional>

#include "common/json/json.h"

namespace tidegate::autoscaler {

// Capacity is records per busy second: a replica that waits for records shows how many there are, not how many it could
// take. It falls with the number of replicas, as c(r) = c(1) * r^-s: coherence and shared targets cost (N. Gunther,
// "Guerrilla Capacity Planning"; s = 0.15 loses a tenth per doubling; s = 1: more replicas bring nothing).
class CapacityModel {
 public:
  // What `replicas` together took in during `busy_seconds` of work since the last call.
  void add(int replicas, double records, double busy_seconds);

  // Of each of `replicas`; nothing until enough was seen.
  std::optional<double> of_each(int replicas) const;
  double loss_exponent() const { return exponent_; }

  Json to_json() const;
  void learn(const Json& json);

 private:
  struct Point {
    double rate = 0;    // records per busy second
    double weight = 0;  // busy seconds it rests on, bounded
  };
  void fit();

  std::map<int, Point> points_;  // by replicas
  double exponent_ = 0;
};

}  // namespace tidegate::autoscaler
