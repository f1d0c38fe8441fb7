#include <algorithm>
#include <stdexcept>
#include <thread>

#include "common/base/text.h"
#include "load.h"
#include "scenarios.h"

namespace tidegate::faults {
namespace {

using namespace worker_test;

constexpr Duration kStartPatience{120'000};
constexpr Duration kPatience{90'000};       // until all is done, after the repair
constexpr Duration kBuggyPatience{20'000};  // it may never be
constexpr Duration kAfterwards{1000};       // of load, and of reading

void sleep_between(std::mt19937& random, int least_ms, int most_ms) {
  std::this_thread::sleep_for(
      Duration{least_ms + static_cast<int>(random() % static_cast<unsigned>(most_ms - least_ms))});
}

void require(bool condition, const std::string& words) {
  if (!condition) throw std::runtime_error(words);
}

void hurt(const Scenario& scenario, Arena arena) {
  Duration hold{0};
  for (const Fault& fault : scenario.faults) {
    sleep_between(arena.random, 100, 1500);
    fault.begin(arena);
    hold = std::max(hold, fault.hold);
  }
  std::this_thread::sleep_for(hold);
  for (const Fault& fault : scenario.faults) fault.end(arena);
}

Outcome judged(const Workload& workload, const Watch& watch, const std::string& before) {
  KafkaServer& kafka = KafkaServer::instance();
  // What a worker left open when it died hides what was written behind it until Kafka aborts it.
  for (const std::string& topic : {workload.output(), workload.dead_letters()}) {
    require(eventually([&] { return kafka.stable(topic); }), cat("a transaction hangs in ", topic));
  }
  const std::vector<Stored> rows = kafka.read(workload.output());
  Outcome outcome{workload.sent(), workload.expected(), std::ssize(rows), {}, {}};
  for (const std::string& text : {before, workload.anomalies(rows), watch.anomalies(rows)}) {
    if (!text.empty()) outcome.anomalies += cat(outcome.anomalies.empty() ? "" : ", ", text);
  }
  return outcome;
}

Outcome play(const Scenario& scenario, Brokers& brokers, std::mt19937& random, Workload& workload, Workers& workers) {
  workers.start(0);
  workers.start(1);
  Watch watch(workload.output());
  Load load(workload);
  require(eventually([&] { return workers.busy(); }, kStartPatience), "nothing is done even before the fault");
  // More than were written until now: a worker that leaves its offsets out has left some out since then.
  const std::int64_t written = KafkaServer::instance().end(workload.output(), kPartitions);
  require(eventually([&] { return watch.rows() > written; }, kStartPatience), "no row comes out even before the fault");
  hurt(scenario, {brokers, workers, workload, random});
  const std::vector<std::string> topics = {workload.input(), workload.output(), workload.dead_letters()};
  require(brokers.repair(topics), "the brokers do not get well");
  std::this_thread::sleep_for(kAfterwards);
  load.finish();
  std::string problem;
  const Duration patience = scenario.bug.empty() ? kPatience : kBuggyPatience;
  if (!eventually([&] { return workload.position() == workload.sent(); }, patience)) {
    problem = cat("done only ", std::to_string(workload.position()), " of ", std::to_string(workload.sent()));
  }
  if (const std::string dead = workers.died(); !dead.empty()) problem += cat(" ", dead, " ended by itself");
  std::this_thread::sleep_for(kAfterwards);
  watch.finish();
  return judged(workload, watch, problem);
}

}  // namespace

Outcome play(const Scenario& scenario, Brokers& brokers, unsigned seed) {
  std::mt19937 random(seed);
  const auto workload = scenario.stage == Stage::windowed ? windowed() : row_wise(scenario.exactly_once);
  Workers workers(workload->settings(), scenario.bug);
  Outcome outcome;
  try {
    outcome = play(scenario, brokers, random, *workload, workers);
  } catch (const std::exception& error) {
    outcome.anomalies = error.what();
  }
  outcome.logs = workers.logs();
  brokers.repair({});
  for (const std::string& topic : {workload->input(), workload->output(), workload->dead_letters()}) {
    static_cast<void>(KafkaServer::instance().admin().delete_topic(topic));  // for its room alone
  }
  return outcome;
}

}  // namespace tidegate::faults
