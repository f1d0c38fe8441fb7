#include "bench/autoscale/report/plot.h"

#include <algorithm>
#include <cmath>

#include "bench/autoscale/report/format.h"

namespace tidegate::bench {

namespace {

constexpr double kWidth = 900, kHeight = 560, kLeft = 70, kRight = 880, kTop = 20, kBottom = 500;

double x_of(double cost) {
  const double share = std::log(std::clamp(cost, 0.8, 10.0) / 0.8) / std::log(10 / 0.8);
  return kLeft + share * (kRight - kLeft);
}

double y_of(double violation) {
  const double share = std::log10(std::clamp(violation, 1e-4, 1.0) / 1e-4) / 4;
  return kBottom - share * (kBottom - kTop);
}

std::string axes() {
  std::string svg;
  for (const double cost : {1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0}) {
    svg += format("<line x1='%.1f' x2='%.1f' y1='%.0f' y2='%.0f' stroke='#ddd'/>\n", x_of(cost), x_of(cost), kTop,
                  kBottom);
    svg += format("<text x='%.1f' y='%.0f' text-anchor='middle'>%g</text>\n", x_of(cost), kBottom + 18, cost);
  }
  for (const double violation : {1e-4, 1e-3, 1e-2, 1e-1, 1.0}) {
    svg += format("<line x1='%.0f' x2='%.0f' y1='%.1f' y2='%.1f' stroke='#ddd'/>\n", kLeft, kRight, y_of(violation),
                  y_of(violation));
    svg += format("<text x='%.0f' y='%.1f' text-anchor='end'>%s%g %%</text>\n", kLeft - 6, y_of(violation) + 4,
                  violation == 1e-4 ? "≤ " : "", 100 * violation);
  }
  svg += format("<text x='%.0f' y='%.0f' text-anchor='middle'>replica-seconds, times oracle L</text>\n",
                (kLeft + kRight) / 2, kBottom + 42);
  svg += format("<text transform='translate(16 %.0f) rotate(-90)' text-anchor='middle'>time in violation</text>\n",
                (kTop + kBottom) / 2);
  return svg;
}

}  // namespace

std::string plot(const std::vector<Point>& points, const std::vector<Point>& floor) {
  std::string svg = format(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' font-family='sans-serif' font-size='12'>\n",
      kWidth, kHeight);
  svg += "<rect width='100%' height='100%' fill='white'/>\n" + axes();
  std::string line;
  for (const Point& point : floor) line += format("%.1f,%.1f ", x_of(point.cost), y_of(point.violation));
  svg += "<polyline fill='none' stroke='black' stroke-dasharray='5 3' points='" + line + "'/>\n";
  for (const Point& point : points)
    svg += format("<circle cx='%.1f' cy='%.1f' r='%s' fill='%s'/>\n", x_of(point.cost), y_of(point.violation),
                  point.large ? "5" : "1.8", point.colour.c_str());
  // Labels go to the right of their points, moved down where they would lie on one another.
  std::vector<std::pair<double, double>> taken;
  for (const Point& point : points) {
    if (point.label.empty()) continue;
    const double x = x_of(point.cost) + 8;
    double y = y_of(point.violation) + 4;
    for (bool free = false; !free;) {
      free = true;
      for (const auto& [other_x, other_y] : taken) {
        if (std::abs(other_x - x) > 110 || std::abs(other_y - y) >= 13) continue;
        y = other_y + 13;
        free = false;
      }
    }
    taken.emplace_back(x, y);
    svg += format("<text x='%.1f' y='%.1f' fill='%s' stroke='white' stroke-width='3' paint-order='stroke'>%s</text>\n",
                  x, y, point.colour.c_str(), point.label.c_str());
  }
  return svg + "</svg>\n";
}

}  // namespace tidegate::bench
