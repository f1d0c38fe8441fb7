#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "bench/autoscale/contenders.h"
#include "bench/autoscale/model/oracle.h"
#include "bench/autoscale/peers/hpa.h"
#include "bench/autoscale/report/report.h"
#include "bench/autoscale/study.h"

using namespace tidegate::bench;

namespace {

constexpr const char* kUsage = R"(usage:
  autoscale run [--set tuning|held_out] [--only NAME] [--group main|variations|calm] [--detail]
      every contender (or those whose name contains NAME) on the set's scenarios; --detail: a line per scenario
  autoscale tune [--only NAME]
      every setting tried for each published controller on the tuning set: the Pareto front, and the best at a cost of 2
  autoscale replay FILE [--capacity 10000] [--partitions 96] [--max 96] [--start-up 10] [--pause 1] [--start 0]
                        [--commit-interval 5] [--peak 0] [--noise 0] [--only NAME] [--grid] [--out SECONDS.csv]
      an arrival series of yours: a figure a line, records per second, a line a second. --start: replicas at the
      beginning, 0: as many as the first second needs; --peak scales the series; --grid: with every setting that tune
      tries; --out: count and age in each second, of the last contender printed
  autoscale keda --threshold RECORDS [--window 300] [--partitions 96] [--max 96]
      KEDA+HPA for a pipeline that really runs: answers each line `SECOND REPLICAS LAG` with a count; a line every 15 s
  autoscale report FILE.md FILE.svg
      the held-out set; puts the results between the marks "<!-- results -->" and "<!-- end -->" of the Markdown file
common: --as-shipped (each on the data plane that it comes with)  --seeds bench/autoscale/seeds.json --traces FOLDER
)";

using Options = std::map<std::string, std::string>;

std::string option(const Options& options, const std::string& name, const std::string& otherwise) {
  const auto found = options.find(name);
  return found == options.end() ? otherwise : found->second;
}

int number(const Options& options, const std::string& name, int otherwise) {
  return std::atoi(option(options, name, std::to_string(otherwise)).c_str());
}

void print_head() {
  std::printf("%-44s %9s %7s %7s %9s %10s %8s %8s %8s %8s %8s %8s %9s\n", "", "violation", "%", "cost", "rescal./h",
              "reversal/h", "recovery", "worst", "max age", "p99 age", "moved/h", "one dec.", "us/decis.");
}

void print(const std::string& name, const Total& total) {
  std::printf("%-44s %9d %7.3f %7.3f %9.1f %10.1f %8.1f %8.0f %8.1f %8.2f %8.1f %7.0f%% %9.1f\n", name.c_str(),
              total.violation_seconds, 100.0 * total.violation_seconds / total.seconds, total.cost(),
              total.per_hour(total.rescales), total.per_hour(total.reversals), total.mean_recovery, total.max_recovery,
              total.max_age, total.p99_age, total.per_hour(total.moved_load),
              total.steps == 0 ? 0 : 100.0 * total.steps_by_one_decision / total.steps,
              1e6 * total.decision_seconds / total.seconds);
}

std::vector<Contender> everybody(const Setting& setting, const Options& options) {
  const std::string only = option(options, "--only", "");
  std::vector<Contender> all = ours(), chosen;
  for (Contender& contender : published(setting, options.count("--as-shipped") > 0))
    all.push_back(std::move(contender));
  all.push_back(static_peak());
  for (Contender& contender : causal_family()) all.push_back(std::move(contender));
  if (options.count("--grid") > 0)
    for (Grid& grid : grids(setting))
      for (Contender& contender : grid.settings) all.push_back(std::move(contender));
  for (Contender& contender : all)
    if (contender.name.find(only) != std::string::npos) chosen.push_back(std::move(contender));
  return chosen;
}

int fail(const tidegate::Error& error) {
  std::fprintf(stderr, "autoscale: %s\n", error.message.c_str());
  return 1;
}

tidegate::Result<Study> study(const Options& options, const std::string& set) {
  return load_study(option(options, "--seeds", "bench/autoscale/seeds.json"), set,
                    option(options, "--traces", "bench/autoscale/traces"), Setting{});
}

int run_set(const Options& options) {
  const auto loaded = study(options, option(options, "--set", "tuning"));
  if (!loaded) return fail(loaded.error());
  const std::string group = option(options, "--group", "main");
  const auto& scenarios = group == "variations" ? loaded->variations : group == "calm" ? loaded->calm : loaded->main;
  print_head();
  for (const Contender& contender : everybody({}, options)) {
    const std::vector<Outcome> outcomes = run_all(contender, scenarios, options.count("--as-shipped") > 0);
    for (std::size_t i = 0; i < outcomes.size() && options.count("--detail") > 0; ++i)
      print("  " + scenarios[i].name + " " + std::to_string(scenarios[i].seed), sum({outcomes[i]}, {scenarios[i]}));
    print(contender.name, sum(outcomes, scenarios));
  }
  return 0;
}

int tune(const Options& options) {
  const auto loaded = study(options, "tuning");
  if (!loaded) return fail(loaded.error());
  print_head();
  for (const Grid& grid : grids({})) {
    if (grid.name.find(option(options, "--only", "")) == std::string::npos) continue;
    std::vector<Total> totals;
    for (const Contender& contender : grid.settings)

      totals.push_back(sum(run_all(contender, loaded->main, options.count("--as-shipped") > 0), loaded->main));
    std::printf("%s: %zu settings; those that no other beats in violation and cost:\n", grid.name.c_str(),
                totals.size());
    for (const Total& total : front(totals)) print(total.contender, total);
    if (const Total* best = best_within(totals, 2)) print("best <= 2: " + best->contender, *best);
  }
  return 0;
}

void write_seconds(const std::string& path, const Scenario& scenario, const Outcome& outcome) {
  std::ofstream out(path);
  out << "second,arrivals,asked,age\n";
  for (std::size_t t = 0; t < outcome.asked.size(); ++t)
    out << t + 1 << ',' << scenario.arrivals[t] << ',' << outcome.asked[t] << ',' << outcome.ages[t] << '\n';
}

int replay(const Options& options, const std::string& file) {
  Setting setting;
  setting.capacity = number(options, "--capacity", 10'000);
  setting.partitions = number(options, "--partitions", 96);
  setting.max = number(options, "--max", setting.partitions);
  setting.start_up = number(options, "--start-up", 10);
  setting.cooperative_pause = number(options, "--pause", 1);
  setting.commit_interval = std::atof(option(options, "--commit-interval", "5").c_str());
  auto series = read_series(file);
  if (!series) return fail(series.error());
  Scenario scenario = from_series(file, std::move(*series), number(options, "--peak", 0), 1, setting);
  add_noise(scenario, std::atof(option(options, "--noise", "0").c_str()));
  std::printf("%-44s %9s %16s %9s %9s %9s\n", "", "violation", "replica-seconds", "cost", "rescales", "max age");
  for (const Contender& contender : everybody(setting, options)) {
    const Outcome outcome = run(scenario, contender, number(options, "--start", 0));
    const Total total = sum({outcome}, {scenario});
    std::printf("%-44s %9d %16.0f %9.3f %9d %9.1f\n", contender.name.c_str(), outcome.violation_seconds,
                outcome.replica_seconds, total.cost(), outcome.rescales, outcome.max_age);
    if (options.count("--out") > 0) write_seconds(option(options, "--out", ""), scenario, outcome);
  }
  return 0;
}

int answer_as_keda(const Options& options) {
  KedaLaw law({.lag_threshold = std::atof(option(options, "--threshold", "10").c_str()),
               .down_window = number(options, "--window", 300)});
  int now = 0, replicas = 0;
  double lag = 0;
  while (std::scanf("%d %d %lf", &now, &replicas, &lag) == 3)
    std::printf("%d\n",
                law.evaluate(now, replicas, lag, number(options, "--partitions", 96), number(options, "--max", 96)));
  return 0;
}

int write_report(const Options& options, const std::string& markdown, const std::string& svg) {
  const auto loaded = study(options, "held_out");
  if (!loaded) return fail(loaded.error());
  std::stringstream text;
  text << std::ifstream(markdown).rdbuf();
  const std::string page = text.str(), begin = "<!-- results -->\n", end = "<!-- end -->";
  const auto from = page.find(begin), until = page.find(end);
  if (from == std::string::npos || until == std::string::npos)
    return fail({"NoMarks", markdown + ": has no marks for the results"});
  const Report report = make_report(*loaded, {});
  std::ofstream(svg) << report.svg;
  std::ofstream(markdown) << page.substr(0, from + begin.size()) << "\n"
                          << report.markdown << "\n"
                          << page.substr(until);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // results of a long run are seen as they come
  Options options;
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--detail" || word == "--as-shipped" || word == "--grid") {
      options[word] = "";
    } else if (word.rfind("--", 0) == 0 && i + 1 < argc) {
      options[word] = argv[++i];
    } else {
      words.push_back(word);
    }
  }
  if (words.size() == 1 && words[0] == "run") return run_set(options);
  if (words.size() == 1 && words[0] == "tune") return tune(options);
  if (words.size() == 1 && words[0] == "keda") return answer_as_keda(options);
  if (words.size() == 3 && words[0] == "report") return write_report(options, words[1], words[2]);
  if (words.size() == 2 && words[0] == "replay") return replay(options, words[1]);
  std::fputs(kUsage, stderr);
  return 2;
}
