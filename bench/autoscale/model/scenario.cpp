#include "bench/autoscale/model/scenario.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "bench/autoscale/model/random.h"

namespace tidegate::bench {

namespace {

using Rates = std::vector<double>;

void hold(Rates& rates, double level, double seconds) {
  rates.insert(rates.end(), static_cast<std::size_t>(seconds), level);
}

// Eight times up and down, of lengths and levels that differ.
void steps(Scenario& scenario, Random& random) {
  const double c = scenario.setting.capacity;
  for (int i = 0; i < 8; ++i) {
    const double level = random.uniform(0.8, 3.2) * c;
    hold(scenario.rate, level, random.uniform(240, 420));
    scenario.steps_up.push_back(static_cast<int>(scenario.rate.size()));
    hold(scenario.rate, 10 * level, random.uniform(240, 420));
  }
  hold(scenario.rate, 1.5 * c, 300);
}

void sine(Rates& rates, Random& random, double c) {
  const double low = random.uniform(3, 6) * c, high = random.uniform(30, 45) * c;
  const double period = random.uniform(1200, 2400), phase = random.uniform(0, 2 * std::numbers::pi);
  for (int t = 0; t < 5400; ++t)
    rates.push_back(low + (high - low) * (1 + std::sin(2 * std::numbers::pi * t / period + phase)) / 2);
}

void ramp(Rates& rates, Random& random, double c) {
  const double low = random.uniform(2, 5) * c, high = random.uniform(30, 45) * c;
  const int up = static_cast<int>(random.uniform(600, 1500)), down = static_cast<int>(random.uniform(600, 1500));
  hold(rates, low, 300);
  for (int t = 0; t < up; ++t) rates.push_back(low + (high - low) * t / up);
  hold(rates, high, 300);
  for (int t = 0; t < down; ++t) rates.push_back(high - (high - low) * t / down);
  hold(rates, low, 300);
}

// Three to six times the base for one to three minutes, at random times.
void spikes(Rates& rates, Random& random, double c) {
  const double base = random.uniform(4, 8) * c;
  while (rates.size() < 5400) {
    hold(rates, base, random.uniform(120, 480));
    hold(rates, base * random.uniform(3, 6), random.uniform(60, 180));
  }
  hold(rates, base, 300);
}

}  // namespace

Scenario synthetic(const std::string& kind, std::uint64_t seed, const Setting& setting) {
  Scenario scenario;
  scenario.name = kind;
  scenario.setting = setting;
  scenario.seed = seed;
  Random random(seed);
  const double c = setting.capacity;
  if (kind == "step") steps(scenario, random);
  if (kind == "sine") sine(scenario.rate, random, c);
  if (kind == "ramp") ramp(scenario.rate, random, c);
  if (kind == "spikes") spikes(scenario.rate, random, c);
  if (kind == "constant") hold(scenario.rate, random.uniform(8, 24) * c, 3600);
  add_noise(scenario);
  return scenario;
}

Scenario from_series(const std::string& name, std::vector<double> series, double peak, std::uint64_t seed,
                     const Setting& setting) {
  Scenario scenario;
  scenario.name = name;
  scenario.setting = setting;
  scenario.seed = seed;
  scenario.rate = std::move(series);
  if (peak > 0 && !scenario.rate.empty()) {
    const double most = *std::max_element(scenario.rate.begin(), scenario.rate.end());
    for (double& rate : scenario.rate) rate *= most > 0 ? peak / most : 0;
  }
  add_noise(scenario);
  return scenario;
}

void add_noise(Scenario& scenario, double share) {
  Random random(scenario.seed * 7919 + 17);
  scenario.arrivals.clear();
  for (const double rate : scenario.rate)
    scenario.arrivals.push_back(rate * std::max(0.0, 1 + share * random.normal()));
}

std::vector<double> partition_shares(const Scenario& scenario, int second) {
  const auto partitions = static_cast<std::size_t>(scenario.setting.partitions);
  if (scenario.zipf_at_end == 0) return std::vector<double>(partitions, 1.0 / static_cast<double>(partitions));
  const double exponent =
      scenario.zipf_at_end * second / std::max<double>(1, static_cast<double>(scenario.rate.size()));
  std::vector<std::size_t> rank(partitions);
  std::iota(rank.begin(), rank.end(), std::size_t{0});
  Random random(scenario.seed + 4241);
  for (std::size_t i = partitions; i > 1; --i)
    std::swap(rank[i - 1], rank[static_cast<std::size_t>(random.uniform(0, static_cast<double>(i)))]);
  std::vector<double> shares(partitions);
  double sum = 0;
  for (std::size_t p = 0; p < partitions; ++p) sum += shares[p] = std::pow(static_cast<double>(rank[p] + 1), -exponent);
  for (double& share : shares) share /= sum;
  return shares;
}

}  // namespace tidegate::bench
