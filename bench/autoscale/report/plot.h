// Violation against cost as an SVG.
#pragma once

#include <string>
#include <vector>

namespace tidegate::bench {

struct Point {
  std::string label;     // "" : no text
  double cost = 1;       // times oracle L
  double violation = 0;  // share of the seconds, 0..1
  std::string colour;    // CSS
  bool large = false;
};

// Both axes logarithmic: cost 0.8 .. 10, violation 0.01 % .. 100 % with what is below on the lower edge. `floor` is
// drawn as a line, in the order given.
std::string plot(const std::vector<Point>& points, const std::vector<Point>& floor);

}  // namespace tidegate::bench
