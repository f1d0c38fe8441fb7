#include "bench/autoscale/study.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "bench/autoscale/contenders.h"
#include "bench/autoscale/report/plot.h"

using namespace tidegate::bench;

namespace {

Total total(const std::string& name, double cost, int violation) {
  Total result;
  result.contender = name;
  result.oracle_seconds = 100;
  result.replica_seconds = 100 * cost;
  result.violation_seconds = violation;
  return result;
}

std::string written(const std::string& text) {
  static int count = 0;
  const std::string path = (std::filesystem::temp_directory_path() /
                            ("autoscale-study-" + std::to_string(++count) + "-" + std::to_string(getpid())))
                               .string();
  std::ofstream(path) << text;
  return path;
}

}  // namespace

TEST_CASE("the front holds what nothing beats in both") {
  const auto kept = front({total("dear", 3, 0), total("beaten", 2.5, 40), total("cheap", 1, 90), total("even", 2, 40),
                           total("worse", 1.5, 95)});
  REQUIRE(kept.size() == 3);
  CHECK(kept[0].contender == "cheap");
  CHECK(kept[1].contender == "even");
  CHECK(kept[2].contender == "dear");
}

TEST_CASE("the best within a cost") {
  const std::vector<Total> totals = {total("a", 1, 90), total("b", 1.9, 40), total("c", 1.8, 40), total("d", 3, 0)};
  REQUIRE(best_within(totals, 2) != nullptr);
  CHECK(best_within(totals, 2)->contender == "c");
  CHECK(best_within(totals, 3)->contender == "d");
  CHECK(best_within(totals, 0.5) == nullptr);
}

TEST_CASE("a series has one rate a line") {
  const std::string good = written("# a comment\n10\n20.5\n0\n"), bad = written("10\nten\n"), empty = written("");
  CHECK(read_series(good).value() == std::vector<double>{10, 20.5, 0});
  CHECK(read_series(bad).error().reason == "NotASeries");
  CHECK(read_series(empty).error().reason == "NotASeries");
  CHECK(read_series(good + ".missing").error().reason == "Unreadable");
  for (const auto& path : {good, bad, empty}) std::remove(path.c_str());
}

TEST_CASE("a study is made from the seeds file") {
  const std::string seeds =
      written(R"({"tuning": {"seeds": [1, 2], "traces": []}, "held_out": {"seeds": [], "traces": []}})");
  const auto study = load_study(seeds, "tuning", "", {});
  REQUIRE(study.ok());
  CHECK(study->main.size() == 2 * 4);
  CHECK(study->calm.size() == 2);
  CHECK(study->variations.size() == 2 * 8);
  CHECK(load_study(seeds, "held_out", "", {}).error().reason == "NoSeeds");
  std::remove(seeds.c_str());
}

TEST_CASE("sums weigh recovery and single decisions by step") {
  Scenario scenario;
  scenario.rate = {100, 100};
  scenario.setting.capacity = 100;
  Outcome first, second;
  first.seconds = second.seconds = 2;
  first.ages = second.ages = {0, 1};
  first.steps = {{10, 1}, {20, 2}};
  second.steps = {{30, 1}};
  const Total result = sum({first, second}, {scenario, scenario});
  CHECK(result.mean_recovery == doctest::Approx(20));
  CHECK(result.max_recovery == 30);
  CHECK(result.steps_by_one_decision == 2);
  CHECK(result.oracle_seconds == 4);
}

TEST_CASE("every contender and every setting tried has a name of its own") {
  std::vector<std::string> names;
  for (const Contender& contender : published({})) names.push_back(contender.name);
  for (const Contender& contender : ours()) names.push_back(contender.name);
  for (const Grid& grid : grids({}))
    for (const Contender& contender : grid.settings) names.push_back(contender.name);
  for (const Contender& contender : causal_family()) names.push_back(contender.name);
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

TEST_CASE("the plot shows every point and labels the large ones") {
  const std::string svg = plot({{"ours", 1.2, 0.001, "red", true}, {"", 2, 0.1, "blue", false}}, {});
  CHECK(svg.find(">ours</text>") != std::string::npos);
  std::size_t circles = 0;
  for (auto at = svg.find("<circle"); at != std::string::npos; at = svg.find("<circle", at + 1)) ++circles;
  CHECK(circles == 2);
}
