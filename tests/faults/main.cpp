// Plays fault scenarios against the brokers of TIDEGATE_TEST_KAFKA; called by tests/faults/run.
// usage: faults [--list] [--sample N] [--seed S] [--record FILE] [TEXT...]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <numeric>
#include <stdexcept>

#include "common/base/text.h"
#include "scenarios.h"
#include "tests/paths.h"

using namespace tidegate;
using namespace tidegate::faults;

namespace {

struct Wanted {
  bool list = false;
  std::size_t sample = 0;  // 0: all
  unsigned seed = 1;
  std::string record;
  std::vector<std::string> texts;
};

Wanted parse(const std::vector<std::string>& arguments) {
  Wanted wanted;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto value = [&] {
      if (i + 1 == arguments.size()) throw std::runtime_error(arguments[i] + " needs a value");
      return arguments[++i];
    };
    if (arguments[i] == "--list") {
      wanted.list = true;
    } else if (arguments[i] == "--sample") {
      wanted.sample = std::stoul(value());
    } else if (arguments[i] == "--seed") {
      wanted.seed = static_cast<unsigned>(std::stoul(value()));
    } else if (arguments[i] == "--record") {
      wanted.record = value();
    } else {
      wanted.texts.push_back(arguments[i]);
    }
  }
  return wanted;
}

struct Line {
  Scenario scenario;
  unsigned seed;  // its own
};

std::vector<Line> chosen(const Wanted& wanted) {
  std::vector<Line> lines;
  unsigned number = 0;
  for (Scenario& scenario : scenarios()) {
    const unsigned seed = wanted.seed * 1000 + ++number;
    const std::string name = scenario.name();
    const bool named = std::any_of(wanted.texts.begin(), wanted.texts.end(),
                                   [&](const std::string& text) { return name.find(text) != std::string::npos; });
    if (wanted.texts.empty() || named) lines.push_back({std::move(scenario), seed});
  }
  if (wanted.sample == 0 || wanted.sample >= lines.size()) return lines;
  std::shuffle(lines.begin(), lines.end(), std::mt19937(wanted.seed));
  lines.resize(wanted.sample);
  return lines;
}

// A number as people read it: 40,000.
std::string figure(std::int64_t number) {
  std::string text = std::to_string(number);
  for (int at = static_cast<int>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

// Plays it and prints one line about it; a row for the report.
std::string attempt(const Line& line, Brokers& brokers, bool& passed) {
  const Scenario& scenario = line.scenario;
  const auto begin = std::chrono::steady_clock::now();
  const Outcome outcome = play(scenario, brokers, line.seed);
  const auto took = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin);
  const bool found = outcome.anomalies.find(worker_test::name_of(scenario.found)) != std::string::npos;
  passed = scenario.bug.empty() ? outcome.anomalies.empty() : found;
  const std::string seconds = cat(std::to_string(took.count()), " s");
  const std::string anomalies = outcome.anomalies.empty() ? "0 anomalies" : outcome.anomalies;
  std::printf("%s %s, seed %u: %s sent, %s rows of %s, %s%s, %s\n", passed ? "ok  " : "FAIL", scenario.name().c_str(),
              line.seed, figure(outcome.sent).c_str(), figure(outcome.received).c_str(),
              figure(outcome.expected).c_str(), scenario.bug.empty() || !passed ? "" : "caught: ", anomalies.c_str(),
              seconds.c_str());
  if (!passed) std::printf("%s\n", outcome.logs.c_str());
  std::fflush(stdout);
  const std::string verdict = !passed ? "failed" : scenario.bug.empty() ? "0" : "caught: " + outcome.anomalies;
  return cat("| ", scenario.name(), " | ", figure(outcome.sent), " | ", figure(outcome.expected), " | ",
             figure(outcome.received), " | ", verdict, " | ", seconds, " |\n");
}

void record(const std::string& file, const std::string& rows, std::size_t passed, std::size_t all) {
  std::ifstream introduction(source_path("tests/faults/introduction.md"));
  const std::time_t now = std::time(nullptr);
  char today[16];
  std::strftime(today, sizeof today, "%Y-%m-%d", std::gmtime(&now));
  std::ofstream(file) << introduction.rdbuf() << "\nRun of " << today << ": " << passed << " of " << all
                      << " passed.\n\n| scenario | records sent | rows expected | rows received | anomalies | took |\n"
                      << "|---|---|---|---|---|---|\n"
                      << rows;
}

}  // namespace

int main(int argc, char** argv) try {
  const Wanted wanted = parse({argv + 1, argv + argc});
  const std::vector<Line> lines = chosen(wanted);
  if (wanted.list) {
    for (const Line& line : lines) std::puts(line.scenario.name().c_str());
    return 0;
  }
  Brokers brokers;
  brokers.start_all();
  if (!brokers.repair({})) throw std::runtime_error("the brokers do not start");
  std::size_t passed = 0;
  std::string rows;
  for (const Line& line : lines) {
    bool well = false;
    rows += attempt(line, brokers, well);
    passed += well ? 1 : 0;
  }
  if (!wanted.record.empty()) record(wanted.record, rows, passed, lines.size());
  std::printf("%zu passed, %zu failed\n", passed, lines.size() - passed);
  return passed == lines.size() && passed > 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "faults: %s\n", error.what());
  std::puts("0 passed, 1 failed");
  return 1;
}
