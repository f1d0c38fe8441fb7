// Random numbers that are the same with every standard library (the standard's distributions are not).
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>

namespace tidegate::bench {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  double uniform(double from, double to) {
    return from + (to - from) * (static_cast<double>(engine_() >> 11) * 0x1.0p-53);
  }
  double normal() {  // Box-Muller
    const double u = 1 - uniform(0, 1);
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * uniform(0, 1));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace tidegate::bench
