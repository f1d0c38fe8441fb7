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
  int begin(int) override { return count_; }

 private:
  int count_;
};

class Causal : public Controller {
 public:
  Causal(const Scenario& scenario, const CausalSettings& settings) : scenario_(scenario), settings_(settings) {
    for (int r = 0; r <= scenario.setting.max; ++r)
      capacity_.push_back(r == 0 ? 0 : even_capacity(scenario.setting, r));
  }

  int begin(int suggested) override {
    serves_at_.assign(static_cast<std::size_t>(suggested), 0);
    return suggested;
  }

  int decide(const DataPlane& plane, bool) override {
    const double expected = expect(plane.now());
    expected_.emplace_back(plane.now(), expected);
    while (expected_.front().first <= plane.now() - settings_.hold) expected_.pop_front();
    double most = 0;
    for (const auto& [time, rate] : expected_) most = std::max(most, rate);
    int count = replicas_for(plane.setting(), most * settings_.reserve);
    if (late_until(plane, count, expected) > 0) {
      const int best = late_until(plane, plane.setting().max, expected);
      int enough = plane.setting().max;
      while (count < enough) {  // the more replicas, the earlier
        const int middle = (count + enough) / 2;
        if (late_until(plane, middle, expected) <= best)
          enough = middle;
        else
          count = middle + 1;
      }
    }
    const int first = plane.now() + plane.setting().start_up + plane.setting().cooperative_pause;
    serves_at_.resize(static_cast<std::size_t>(count), first);
    return count;
  }

 private:
  double expect(int now) const {
    const auto last = static_cast<std::size_t>(now - 1);
    const double rate = scenario_.rate[last];
    if (settings_.slope_window == 0 || last == 0) return rate;
    const auto window = std::min(last, static_cast<std::size_t>(settings_.slope_window));
    const double slope = (rate - scenario_.rate[last - window]) / static_cast<double>(window);
    return std::max(rate, rate + slope * (scenario_.setting.start_up + 2));
  }

  // The last second, counted from now, in which a record has waited for more than four seconds, if `count` is asked for
  // from now on; 0 when none will.
  int late_until(const DataPlane& plane, int count, double expected) const {
    const int now = plane.now(), horizon = plane.setting().start_up + 60;
    double backlog = plane.backlog(), recent = 0;  // recent: what arrived in the last four seconds
    for (int t = now - 4; t < now; ++t) recent += t < 0 ? 0 : scenario_.rate[static_cast<std::size_t>(t)];
    int late = 0;
    for (int t = now; t < now + horizon; ++t) {
      const auto asked = static_cast<std::size_t>(count);
      const auto known = static_cast<std::size_t>(std::count_if(
          serves_at_.begin(), serves_at_.begin() + static_cast<std::ptrdiff_t>(std::min(asked, serves_at_.size())),
          [&](int at) { return at <= t; }));
      const bool fresh = t >= now + plane.setting().start_up + plane.setting().cooperative_pause;
      const std::size_t members = known + (fresh && asked > serves_at_.size() ? asked - serves_at_.size() : 0);
      backlog = std::max(0.0, backlog + expected - capacity_[members]);
      recent += expected - (t - 4 < 0 ? 0 : t - 4 < now ? scenario_.rate[static_cast<std::size_t>(t - 4)] : expected);
      if (backlog > recent) late = t + 1 - now;
    }
    return late;
  }

  const Scenario& scenario_;
  CausalSettings settings_;
  std::vector<double> capacity_;  // by count
  std::vector<int> serves_at_;    // of each pod asked for
  std::deque<std::pair<int, double>> expected_;
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
