#include "bench/autoscale/model/oracle.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "bench/autoscale/model/run.h"

using namespace tidegate::bench;

namespace {

Scenario of(std::vector<double> rates) {
  Scenario scenario;
  scenario.setting.partitions = 12;
  scenario.setting.max = 12;
  scenario.setting.capacity = 100;
  scenario.rate = scenario.arrivals = std::move(rates);
  return scenario;
}

std::vector<double> levels(std::initializer_list<std::pair<int, double>> parts) {
  std::vector<double> rates;
  for (const auto& [seconds, rate] : parts) rates.insert(rates.end(), static_cast<std::size_t>(seconds), rate);
  return rates;
}

}  // namespace

TEST_CASE("oracle L takes the smallest count each second") {
  CHECK(oracle_l(of({50, 101, 301, 1500})) == std::vector<int>{1, 2, 4, 12});
  CHECK(oracle_l(of({401})) == std::vector<int>{6});  // five replicas of twelve partitions carry as much as four
}

TEST_CASE("oracle H keeps each count and is as cheap as that allows") {
  const Scenario scenario = of(levels({{100, 100}, {10, 400}, {100, 100}}));
  const std::vector<int> counts = oracle_h(scenario, 30);
  CHECK(std::accumulate(counts.begin(), counts.end(), 0) == 180 * 1 + 30 * 4);
  for (std::size_t t = 100; t < 110; ++t) CHECK(counts[t] == 4);
}

TEST_CASE("the causal floor pays start-up and nothing else for a step") {
  Scenario scenario = of(levels({{100, 100}, {100, 1000}}));
  scenario.steps_up = {100};
  const Outcome result = run(scenario, causal("floor", {}));
  // Seen after a second, ten seconds to start, one for the partitions that move, then 12 replicas clear what waits.
  REQUIRE(result.steps.size() == 1);
  CHECK(result.steps[0].recovery_seconds >= 11);
  CHECK(result.steps[0].decisions >= 1);
  CHECK(result.violation_seconds > 0);
  CHECK(run(scenario, static_peak()).violation_seconds == 0);
}

TEST_CASE("a run counts what happened") {
  // Asks for 3 at second 10, 1 at 20 and 2 at 40.
  class Script : public Controller {
   public:
    int decide(const DataPlane& plane, bool) override {
      if (plane.now() == 10) return 3;
      if (plane.now() == 20) return 1;
      if (plane.now() == 40) return 2;
      return plane.asked();
    }
  };
  const Scenario scenario = of(levels({{60, 50}}));
  const Outcome result = run(scenario, {"script", [](const Scenario&) { return std::make_unique<Script>(); }});
  CHECK(result.rescales == 3);
  CHECK(result.reversals == 2);
  CHECK(result.replica_seconds == doctest::Approx(10 * 1 + 10 * 3 + 20 * 1 + 20 * 2));
  CHECK(result.violation_seconds == 0);
}

TEST_CASE("metrics are hidden during an outage") {
  class Count : public Controller {
   public:
    explicit Count(int& hidden) : hidden_(hidden) {}
    int decide(const DataPlane& plane, bool metrics) override {
      if (!metrics) ++hidden_;
      return plane.asked();
    }

   private:
    int& hidden_;
  };
  Scenario scenario = of(levels({{300, 50}}));
  scenario.outage_at = 100;
  int hidden = 0;
  (void)run(scenario, {"count", [&](const Scenario&) { return std::make_unique<Count>(hidden); }});
  CHECK(hidden == 60);
}

TEST_CASE("a seed gives the same series again and another seed another") {
  const Setting setting;
  CHECK(synthetic("spikes", 1, setting).arrivals == synthetic("spikes", 1, setting).arrivals);
  CHECK(synthetic("spikes", 1, setting).arrivals != synthetic("spikes", 2, setting).arrivals);
  const Scenario step = synthetic("step", 3, setting);
  for (const int at : step.steps_up)
    CHECK(step.rate[static_cast<std::size_t>(at)] == doctest::Approx(10 * step.rate[static_cast<std::size_t>(at - 1)]));
}

TEST_CASE("partition shares drift from even to skewed") {
  Scenario scenario = of(levels({{100, 50}}));
  scenario.zipf_at_end = 1.2;
  const auto first = partition_shares(scenario, 0), last = partition_shares(scenario, 99);
  CHECK(*std::max_element(first.begin(), first.end()) == doctest::Approx(1.0 / 12));
  CHECK(*std::max_element(last.begin(), last.end()) > 0.35);
  CHECK(std::accumulate(last.begin(), last.end(), 0.0) == doctest::Approx(1));
}
