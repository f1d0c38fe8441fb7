#include "bench/autoscale/report/report.h"

#include <algorithm>
#include <map>

#include "bench/autoscale/contenders.h"
#include "bench/autoscale/model/oracle.h"
#include "bench/autoscale/report/decision_time.h"
#include "bench/autoscale/report/format.h"
#include "bench/autoscale/report/plot.h"

namespace tidegate::bench {

namespace {

using Scenarios = std::vector<Scenario>;

double share(const Total& total) {
  return static_cast<double>(total.violation_seconds) / total.seconds;
}

// One contender's outcomes on a set of scenarios.
struct Runs {
  std::string name;
  std::vector<Outcome> outcomes;
  Total total;
};

Runs run_all_of(const Contender& contender, const Scenarios& scenarios, bool as_shipped = false) {
  Runs runs{contender.name, run_all(contender, scenarios, as_shipped), {}};
  runs.total = sum(runs.outcomes, scenarios);
  return runs;
}

std::string head() {
  return "| contender | violation s | % | cost | rescales/h | reversals/h | recovery of a 10× step, mean / worst s | "
         "max age s "
         "| p99 age s | moved load/h | steps with one decision | µs a decision |\n"
         "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
}

std::string row(const std::string& name, const Total& t) {
  return format("| %s | %d | %.2f | %.2f | %.1f | %.1f | %.0f / %.0f | %.0f | %.1f | %.0f | %.0f %% | %.1f |\n",
                name.c_str(), t.violation_seconds, 100 * share(t), t.cost(), t.per_hour(t.rescales),
                t.per_hour(t.reversals), t.mean_recovery, t.max_recovery, t.max_age, t.p99_age,
                t.per_hour(t.moved_load), t.steps == 0 ? 0.0 : 100.0 * t.steps_by_one_decision / t.steps,
                1e6 * t.decision_seconds / t.seconds);
}

std::string oracle_row(const Total& t) {
  return format("| %s | 0 | 0 | %.2f | %.1f | %.1f | 0 / 0 | | | | | |\n", t.contender.c_str(), t.cost(),
                t.per_hour(t.rescales), t.per_hour(t.reversals));
}

// Sums of each workload over its seeds, one column a contender: violation seconds and cost.
std::string by_workload(const std::vector<const Runs*>& columns, const Scenarios& scenarios) {
  std::string table = "| workload |", line = "| --- |";
  for (const Runs* runs : columns) {
    table += " " + runs->name + " |";
    line += " ---: |";
  }
  table += "\n" + line + "\n";
  std::vector<std::string> names;
  for (const Scenario& scenario : scenarios)
    if (std::find(names.begin(), names.end(), scenario.name) == names.end()) names.push_back(scenario.name);
  for (const std::string& name : names) {
    table += "| " + name + " |";
    for (const Runs* runs : columns) {
      std::vector<Outcome> outcomes;
      Scenarios chosen;
      for (std::size_t i = 0; i < scenarios.size(); ++i) {
        if (scenarios[i].name != name) continue;
        outcomes.push_back(runs->outcomes[i]);
        chosen.push_back(scenarios[i]);
      }
      const Total total = sum(outcomes, chosen);
      table += format(" %d @ %.2f |", total.violation_seconds, total.cost());
    }
    table += "\n";
  }
  return table;
}

std::string colour(const std::string& name) {
  const std::map<std::string, std::string> colours = {
      {"Tidegate", "#d62728"}, {"prototype", "#e377c2"}, {"KEDA", "#1f77b4"},
      {"HPA", "#17becf"},      {"Numaflow", "#2ca02c"},  {"Flink", "#9467bd"},
      {"DS2", "#8c564b"},      {"Dataflow", "#ff7f0e"},  {"Daedalus", "#7f7f7f"}};
  const auto found = colours.find(name.substr(0, name.find(' ')));
  return found == colours.end() ? "black" : found->second;
}

// Violation seconds above the causal floor at the contender's cost.
int avoidable(const Total& total, const std::vector<Total>& causal) {
  const Total* floor = best_within(causal, total.cost());
  return total.violation_seconds - (floor == nullptr ? 0 : floor->violation_seconds);
}

// What the promise compares: fewest violation seconds among the published that cost no more than twice oracle L.
std::string verdict(const std::vector<Total>& ours, const Total& best, const std::vector<Total>& causal,
                    const std::vector<Total>& tried) {
  std::string text;
  for (const Total& us : ours) {
    text += format("- **%s**: %d violation seconds at %.2f × oracle L. ", us.contender.c_str(), us.violation_seconds,
                   us.cost());
    text += format(
        "Best published at ≤ 2 × oracle L: %s with %d at %.2f, so 1/%.1f of its violation at %.2f of its cost. ",
        best.contender.c_str(), best.violation_seconds, best.cost(),
        static_cast<double>(best.violation_seconds) / std::max(1, us.violation_seconds), us.cost() / best.cost());
    if (const Total* floor = best_within(causal, us.cost()))
      text += format("Causal floor at its cost: %d (%s at %.2f), so %.2f × the floor. ", floor->violation_seconds,
                     floor->contender.c_str(), floor->cost(),
                     static_cast<double>(us.violation_seconds) / std::max(1, floor->violation_seconds));
    text += format("Avoidable violation, above the causal floor at each one's own cost: %d against %d.",
                   avoidable(us, causal), avoidable(best, causal));
    text += "\n";
  }
  if (const Total* hindsight = best_within(tried, 2))
    text += format(
        "- Best of all settings tried for the published, chosen in hindsight on these very scenarios: %s with %d at "
        "%.2f.\n",
        hindsight->contender.c_str(), hindsight->violation_seconds, hindsight->cost());
  if (const Total* floor = best_within(causal, 0.85 * best.cost()))
    text += format(
        "- Without foresight no contender can go below the causal floor: at 0.85 × the cost of the best published one "
        "it is %d violation seconds, 1/%.1f of that one's.\n",
        floor->violation_seconds, static_cast<double>(best.violation_seconds) / std::max(1, floor->violation_seconds));
  return text;
}

std::string calm(const std::vector<Contender>& contenders, const Scenarios& scenarios) {
  std::string text =
      "| contender | violation s | cost | rescales/h | reversals/h |\n| --- | ---: | ---: | ---: | ---: |\n";
  for (const Contender& contender : contenders) {
    const Total t = run_all_of(contender, scenarios).total;
    text += format("| %s | %d | %.2f | %.1f | %.1f |\n", contender.name.c_str(), t.violation_seconds, t.cost(),
                   t.per_hour(t.rescales), t.per_hour(t.reversals));
  }
  return text;
}

}  // namespace

Report make_report(const Study& study, const Setting& setting) {
  const Scenarios& scenarios = study.main;
  std::vector<Contender> contenders = ours();
  const std::size_t our_count = contenders.size();
  for (Contender& contender : published(setting)) contenders.push_back(std::move(contender));

  std::vector<Runs> all;
  std::vector<Total> totals, our_totals, their_totals;
  for (const Contender& contender : contenders) {
    all.push_back(run_all_of(contender, scenarios));
    totals.push_back(all.back().total);
    (all.size() <= our_count ? our_totals : their_totals).push_back(totals.back());
  }
  const Total* best = best_within(their_totals, 2);
  std::vector<Total> causal, tried, tried_of_ours;
  for (const Contender& contender : causal_family()) causal.push_back(run_all_of(contender, scenarios).total);
  std::string budget = "| peer | settings tried |\n| --- | ---: |\n";
  for (const Grid& grid : grids(setting)) {
    budget += format("| %s | %zu |\n", grid.name.c_str(), grid.settings.size());
    for (const Contender& contender : grid.settings) {
      const Total total = run_all_of(contender, scenarios).total;
      (grid.name == "prototype" ? tried_of_ours : tried).push_back(total);
    }
  }

  Report report;
  std::string& text = report.markdown;
  text += format(
      "### All contenders on the same cooperative data plane\n\n%zu scenarios, %d seconds, held-out seeds and "
      "traces.\n\n",
      scenarios.size(), totals.front().seconds);
  text += head();
  for (const Runs& runs : all) text += row(runs.name, runs.total);
  const Runs peak = run_all_of(static_peak(), scenarios);
  text += row(peak.name, peak.total) + oracle_row(oracle(scenarios, 60)) + oracle_row(oracle(scenarios, 1)) + "\n";
  if (best != nullptr) text += verdict(our_totals, *best, causal, tried) + "\n";

  text += "### Each workload: violation seconds @ cost\n\nSynthetic ones are summed over the held-out seeds.\n\n";
  std::vector<const Runs*> columns;
  for (const Runs& runs : all)
    if (runs.name.find("default") == std::string::npos) columns.push_back(&runs);
  text += by_workload(columns, scenarios) + "\n";

  text +=
      "### As shipped\n\nEach contender on the data plane that it comes with: eager rebalance (KEDA, HPA, Numaflow, "
      "DS2, "
      "Dataflow), restart (Flink 60 s, tuned 20 s; Daedalus 30 s up and 15 s down), cooperative (ours).\n\n" +
      head();
  std::vector<Contender> shipped = ours();
  for (Contender& contender : published(setting, true)) shipped.push_back(std::move(contender));
  for (const Contender& contender : shipped) text += row(contender.name, run_all_of(contender, scenarios, true).total);

  text += "\n### What may go wrong: violation seconds @ cost\n\n";
  std::vector<Runs> varied;
  for (const Contender& contender : contenders)
    if (contender.name.find("default") == std::string::npos) varied.push_back(run_all_of(contender, study.variations));
  columns.clear();
  for (const Runs& runs : varied) columns.push_back(&runs);
  text += by_workload(columns, study.variations);

  text += "\n### An hour of constant load with 2 % noise\n\n" + calm(contenders, study.calm);

  std::vector<Total> field = tried;
  field.insert(field.end(), tried_of_ours.begin(), tried_of_ours.end());
  field.insert(field.end(), totals.begin(), totals.end());
  text +=
      "\n### The Pareto front of violation and cost\n\nOver everything that was run on the held-out set, every setting "
      "tried "
      "for every published controller included.\n\n| | violation s | % | cost |\n| --- | ---: | ---: | ---: |\n";
  for (const Total& t : front(field))
    text += format("| %s | %d | %.3f | %.2f |\n", t.contender.c_str(), t.violation_seconds, 100 * share(t), t.cost());
  text += "\nThe causal floor:\n\n| | violation s | % | cost |\n| --- | ---: | ---: | ---: |\n";
  const std::vector<Total> floor = front(causal);
  for (const Total& t : floor)
    text += format("| %s | %d | %.3f | %.2f |\n", t.contender.c_str(), t.violation_seconds, 100 * share(t), t.cost());
  text += "\n### Tuning budget\n\n" + budget;

  const DecisionTime time = decision_time(10, 100);
  text += format(
      "\n### Decision time\n\nOne evaluation of 10 stages × 100 partitions: %.0f µs mean, %.0f µs worst of 1,000.\n",
      time.mean_us, time.worst_us);

  std::vector<Point> points, line;
  for (const Total& t : tried) points.push_back({"", t.cost(), share(t), colour(t.contender), false});
  for (const Total& t : tried_of_ours) points.push_back({"", t.cost(), share(t), colour(t.contender), false});
  for (const Total& t : totals) points.push_back({t.contender, t.cost(), share(t), colour(t.contender), true});
  points.push_back({"static peak", peak.total.cost(), share(peak.total), "black", true});
  for (const Total& t : floor) line.push_back({"", t.cost(), share(t), "black", false});
  report.svg = plot(points, line);
  return report;
}

}  // namespace tidegate::bench
