#include "bench/autoscale/model/oracle.h"

#include <algorithm>
#include <deque>
#include <limits>

namespace tidegate::bench {

namespace {

class Static : public Controller {
 public:
  explicit Static(int count) : count_(count) {}
  int decide(const DataPlane&, bool) override { return count_; }

 private:
  int count_;
};

class Causal : public Controller {
 public:
  Causal(const Scenario& scenario, const CausalSettings& settings) : scenario_(scenario), settings_(settings) {}

  int decide(const DataPlane& plane, bool) override {
    const auto last = static_cast<std::size_t>(plane.now() - 1);
    const double rate = scenario_.rate[last];
    double expected = rate;
    if (settings_.slope_window > 0 && last > 0) {
      const auto window = std::min(last, static_cast<std::size_t>(settings_.slope_window));
      const double slope = (rate - scenario_.rate[last - window]) / static_cast<double>(window);
      expected = std::max(rate, rate + slope * (plane.setting().start_up + 2));
    }
    // What the ready replicas leave over until new ones serve waits too.
    const double until_then = plane.setting().start_up + 1;
    const double shortfall = std::max(0.0, expected - even_capacity(plane.setting(), plane.ready()));
    const double waiting = plane.backlog() + (plane.ready() < plane.asked() ? 0 : shortfall * until_then);
    double need = expected * settings_.reserve;
    if (waiting > 0.02 * rate) need += waiting;
    counts_.emplace_back(plane.now(), replicas_for(plane.setting(), need));
    while (counts_.front().first <= plane.now() - settings_.hold) counts_.pop_front();
    int most = 0;
    for (const auto& [time, count] : counts_) most = std::max(most, count);
    return most;
  }

 private:
  const Scenario& scenario_;
  CausalSettings settings_;
  std::deque<std::pair<int, int>> counts_;
};

}  // namespace

std::vector<int> oracle_l(const Scenario& scenario) {
  std::vector<int> counts;
  for (const double rate : scenario.rate) counts.push_back(replicas_for(scenario.setting, rate));
  return counts;
}

// Segments longer than twice the hold can be split at no cost, so only lengths of hold .. 2 * hold - 1 are tried.
std::vector<int> oracle_h(const Scenario& scenario, int hold) {
  const std::vector<int> need = oracle_l(scenario);
  const auto n = need.size(), least = static_cast<std::size_t>(hold);
  if (n < 2 * least) return std::vector<int>(n, n == 0 ? 0 : *std::max_element(need.begin(), need.end()));
  constexpr double never = std::numeric_limits<double>::infinity();
  std::vector<double> cost(n + 1, never);
  std::vector<std::size_t> from(n + 1, 0);
  cost[0] = 0;
  for (std::size_t end = least; end <= n; ++end) {
    int most = 0;
    for (std::size_t length = 1; length < 2 * least && length <= end; ++length) {
      const std::size_t begin = end - length;
      most = std::max(most, need[begin]);
      if (length < least || cost[begin] == never) continue;
      const double total = cost[begin] + most * static_cast<double>(length);
      if (total < cost[end]) {
        cost[end] = total;
        from[end] = begin;
      }
    }
  }
  std::vector<int> counts(n);
  for (std::size_t end = n; end > 0; end = from[end]) {
    const auto begin = need.begin() + static_cast<std::ptrdiff_t>(from[end]);
    const int most = *std::max_element(begin, need.begin() + static_cast<std::ptrdiff_t>(end));
    std::fill(counts.begin() + static_cast<std::ptrdiff_t>(from[end]),
              counts.begin() + static_cast<std::ptrdiff_t>(end), most);
  }
  return counts;
}

Contender static_peak() {
  return {"static peak",
          [](const Scenario& scenario) {
            const double peak = *std::max_element(scenario.rate.begin(), scenario.rate.end());
            return std::make_unique<Static>(replicas_for(scenario.setting, peak * 1.05));
          },
          Rebalance::cooperative};
}

Contender causal(const std::string& name, const CausalSettings& settings) {
  return {name, [settings](const Scenario& scenario) { return std::make_unique<Causal>(scenario, settings); },
          Rebalance::cooperative};
}

}  // namespace tidegate::bench
