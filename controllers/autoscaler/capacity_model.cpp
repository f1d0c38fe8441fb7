#include "controllers/autoscaler/capacity_model.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

namespace tidegate::autoscaler {
namespace {

constexpr double kEnough = 0.5;     // busy seconds
constexpr double kMemory = 20;      // busy seconds: what is older fades
constexpr double kPriorWeight = 4;  // of "no loss", so that noise between close counts is not taken for a loss
constexpr std::size_t kMaxPoints = 64;

}  // namespace

void CapacityModel::add(int replicas, double records, double busy_seconds) {
  if (replicas < 1 || busy_seconds <= 0 || records <= 0) return;
  if (points_.size() >= kMaxPoints && points_.count(replicas) == 0) {
    points_.erase(std::min_element(points_.begin(), points_.end(),
                                   [](const auto& a, const auto& b) { return a.second.weight < b.second.weight; }));
  }
  Point& point = points_[replicas];
  point.weight = std::min(point.weight + busy_seconds, kMemory);
  point.rate += (records / busy_seconds - point.rate) * std::min(1.0, busy_seconds / point.weight);
  // What was learned at other counts fades while this one is looked at, so that a change of the work itself is not
  // taken for a loss by scaling.
  for (auto& [count, other] : points_) {
    if (count != replicas) other.weight *= std::exp(-busy_seconds / replicas / 600);
  }
  fit();
}

// Least squares of ln(rate) over ln(replicas), weighted.
void CapacityModel::fit() {
  double weights = 0, x = 0, y = 0;
  for (const auto& [replicas, point] : points_) {
    if (point.weight < kEnough || point.rate <= 0) continue;
    weights += point.weight;
    x += point.weight * std::log(replicas);
    y += point.weight * std::log(point.rate);
  }
  exponent_ = 0;
  if (weights == 0) return;
  x /= weights;
  y /= weights;
  double covariance = 0, variance = kPriorWeight;
  for (const auto& [replicas, point] : points_) {
    if (point.weight < kEnough || point.rate <= 0) continue;
    const double dx = std::log(replicas) - x;
    covariance += point.weight * dx * (std::log(point.rate) - y);
    variance += point.weight * dx * dx;
  }
  exponent_ = std::clamp(-covariance / variance, 0.0, 1.0);
}

std::optional<double> CapacityModel::of_each(int replicas) const {
  const Point* nearest = nullptr;
  double distance = 0;
  double ratio = 1;
  for (const auto& [count, point] : points_) {
    if (point.weight < kEnough || point.rate <= 0) continue;
    const double steps = std::log(static_cast<double>(std::max(replicas, 1)) / count);
    const double far = std::abs(steps) + 2 / point.weight;  // a well-known neighbour is better than a hardly known one
    if (nearest != nullptr && far >= distance) continue;
    nearest = &point;
    distance = far;
    ratio = steps;
  }
  if (nearest == nullptr) return std::nullopt;
  return nearest->rate * std::exp(-exponent_ * ratio);
}

Json CapacityModel::to_json() const {
  Json::Object points;
  for (const auto& [replicas, point] : points_) {
    if (point.weight >= kEnough) points[std::to_string(replicas)] = Json::array({point.rate, point.weight});
  }
  return Json(std::move(points));
}

void CapacityModel::learn(const Json& json) {
  for (const auto& [replicas, figures] : json.members()) {
    const int count = std::atoi(replicas.c_str());
    const double rate = figures.at("0").as_double();
    const double weight = figures.at("1").as_double();
    if (count < 1 || !(rate > 0) || !(weight > 0) || points_.size() >= kMaxPoints) continue;
    points_[count] = {rate, std::min(weight, kMemory)};
  }
  fit();
}

}  // namespace tidegate::autoscaler
