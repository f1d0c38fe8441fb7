// Each published controller against cases computed by hand from its formula.
#include <doctest/doctest.h>

#include <vector>

#include "bench/autoscale/model/run.h"
#include "bench/autoscale/peers/daedalus.h"
#include "bench/autoscale/peers/dataflow.h"
#include "bench/autoscale/peers/ds2.h"
#include "bench/autoscale/peers/flink.h"
#include "bench/autoscale/peers/hpa.h"
#include "bench/autoscale/peers/numaflow.h"
#include "bench/autoscale/peers/prototype.h"

using namespace tidegate::bench;

namespace {

Scenario scenario_of(std::initializer_list<std::pair<int, double>> parts) {
  Scenario scenario;
  scenario.setting.capacity = 100;
  for (const auto& [seconds, rate] : parts)
    scenario.rate.insert(scenario.rate.end(), static_cast<std::size_t>(seconds), rate);
  scenario.arrivals = scenario.rate;
  return scenario;
}

struct Change {
  int at, to;
  bool operator==(const Change&) const = default;
};

std::vector<Change> changes(const Scenario& scenario, const Contender& contender, int start) {
  std::vector<Change> result;
  int before = start;
  const Outcome outcome = run(scenario, contender, start);
  for (int t = 0; t < outcome.seconds; ++t) {
    const int now = outcome.asked[static_cast<std::size_t>(t)];
    if (now != before) result.push_back({t + 1, now});
    before = now;
  }
  return result;
}

}  // namespace

TEST_CASE("HPA grows by no more than twice a tick") {
  const auto made = changes(scenario_of({{60, 140}, {120, 1400}}), hpa_cpu("hpa", {.target = 0.35}), 4);
  REQUIRE(made.size() >= 3);
  CHECK(made[0] == Change{75, 8});  // 1 / 0.35 would be 12: no more than twice a tick
  CHECK(made[1] == Change{90, 16});
  CHECK(made[2].at == 105);
}

TEST_CASE("KEDA with its default threshold pins the group at the partitions") {
  Scenario scenario = scenario_of({{300, 500}});
  scenario.setting.partitions = scenario.setting.max = 24;
  const auto made = changes(scenario, keda("keda", {}), 6);
  REQUIRE(!made.empty());
  CHECK(made.back().to == 24);
}

TEST_CASE("Numaflow: the example of its documentation") {
  CHECK(numaflow_desired(60'000, 10'000, 3, 2) == 4);
  CHECK(numaflow_desired(0, 0, 20, 3) == 0);
  CHECK(numaflow_desired(100, 0, 20, 3) == -1);  // no rate: hold
  CHECK(numaflow_desired(1, 10'000, 20, 3) == 1);
  CHECK(numaflow_desired(2, 0.01, 1, 50) == 2);  // no more replicas than records
}

TEST_CASE("Numaflow goes two replicas at a time and rests 90 seconds") {
  CHECK(numaflow_step(4, 20, 2, 1, 50) == 6);
  CHECK(numaflow_step(10, 1, 2, 1, 50) == 8);
  CHECK(numaflow_step(4, 5, 2, 1, 50) == 5);
  const auto made = changes(scenario_of({{600, 2000}}), numaflow("numaflow", {}), 4);
  REQUIRE(made.size() >= 2);
  CHECK(made[0].to == 6);
  CHECK(made[1].to == 8);
  CHECK(made[1].at - made[0].at == 90);
}

TEST_CASE("Flink: capacity wanted") {
  CHECK(flink_capacity({}, 1000, 0, 0.7, true) == 1595);  // 1000 * 300 / 1800 + 1000 / 0.7
  CHECK(flink_capacity({}, 1000, 0, 1.0, false) == 1000);
  CHECK(flink_capacity({}, 1000, 18'000, 1.0, false) == 1010);  // the backlog within half an hour
}

TEST_CASE("Flink aligns to the partitions") {
  CHECK(flink_align(96, 96, 4, 5) == 6);
  CHECK(flink_align(96, 96, 10, 25) == 32);
  CHECK(flink_align(96, 96, 10, 33) == 48);
  CHECK(flink_align(96, 96, 10, 7) == 8);
  CHECK(flink_align(97, 97, 10, 20) == 25);  // 97 / 20 = 4, 97 / 25 = 3: fewer partitions for the fullest
  CHECK(flink_align(96, 96, 10, 10) == 10);
}

TEST_CASE("Flink decides after stabilisation and a full window and shrinks an hour later") {
  const auto made = changes(scenario_of({{1500, 900}, {9000, 200}}), flink("flink", {}, 60, 60), 6);
  REQUIRE(made.size() >= 2);
  CHECK(made[0].at == 300 + 900);
  // (300 * 1200 / 1800 + 900 * 300 / 1800 + 900 / 0.7) / 600 * 6 = 16.4; with 20 the fullest holds 5 partitions, not 6
  CHECK(made[0].to == 20);
  CHECK(made[1].to < 20);
  CHECK(made[1].at >= 1500 + 3600);
}

TEST_CASE("DS2: one pass without a backlog term") {
  CHECK(ds2_instances(1000, 500, 10, 0) == 20);
  CHECK(ds2_instances(1000, 500, 10, 0.2) == 24);
  const auto made = changes(scenario_of({{100, 150}, {200, 1450}}), ds2("ds2", {}), 2);
  REQUIRE(!made.empty());
  CHECK(made.back().to == 15);
}

TEST_CASE("DS2: a settled count that does not keep up is corrected once") {
  Scenario scenario = scenario_of({{300, 490}});
  scenario.setting.partitions = 6;  // of five replicas one holds two and lacks 63 a second
  scenario.setting.max = 12;
  const auto made = changes(scenario, ds2("ds2", {}), 4);
  REQUIRE(made.size() == 2);
  CHECK(made[0].to == 5);
  CHECK(made[1].to == 6);  // 5 * 490 / 427 = 5.7
}

TEST_CASE("Dataflow: growth and backlog upwards and CPU downwards") {
  CHECK(dataflow_workers({}, {.throughput = 100, .growth = 50, .backlog = 12'100, .cpu = 0.5}, 4, 96) == 15);
  CHECK(dataflow_workers({}, {.throughput = 100, .growth = 50, .backlog = 0, .cpu = 0.95}, 4, 96) == 6);
  CHECK(dataflow_workers({}, {.throughput = 100, .growth = 0, .backlog = 0, .cpu = 0.3}, 10, 96) == 4);
  CHECK(dataflow_workers({}, {.throughput = 100, .growth = 0, .backlog = 1'500, .cpu = 0.3}, 10, 96) == 10);
  CHECK(dataflow_workers({}, {.throughput = 100, .growth = 500, .backlog = 90'000, .cpu = 1}, 50, 96) == 96);
}

TEST_CASE("Daedalus: recovery after standstill") {
  CHECK(daedalus_recovery(100, std::vector<double>(60, 10), 20, 5) == 20);  // 150 after 5 s, then 10 less a second
  CHECK(daedalus_recovery(100, std::vector<double>(60, 10), 10, 5) == 1e9);
}

TEST_CASE("Daedalus chooses the smallest count that fits and then rests") {
  const auto made = changes(scenario_of({{1200, 950}}), daedalus("daedalus", {}), 4);
  REQUIRE(!made.empty());
  CHECK(made[0].to >= 10);
  for (std::size_t i = 1; i < made.size(); ++i) CHECK(made[i].at - made[i - 1].at >= 180);
}

TEST_CASE("the prototype asks for a step's replicas in the second after it") {
  const auto made = changes(scenario_of({{100, 150}, {100, 1500}}), prototype("prototype", {}), 2);
  REQUIRE(!made.empty());
  CHECK(made[0].at <= 102);
  CHECK(made[0].to >= 15);
}

TEST_CASE("without metrics nobody moves") {
  Scenario scenario = scenario_of({{300, 150}, {60, 1500}});
  scenario.outage_at = 300;
  for (const Contender& contender : {keda("keda", {.lag_threshold = 250}), hpa_cpu("hpa", {}), ds2("ds2", {}),
                                     dataflow("dataflow", {}), prototype("prototype", {}), numaflow("numaflow", {})}) {
    CAPTURE(contender.name);
    for (const Change& change : changes(scenario, contender, 2)) CHECK(change.at <= 300);
  }
}
