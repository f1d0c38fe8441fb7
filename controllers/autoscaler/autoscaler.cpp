#include "controllers/autoscaler/autoscaler.h"

#include <algorithm>
#include <map>

#include "controllers/autoscaler/stage_law.h"

namespace tidegate::autoscaler {
namespace {

constexpr double kDefaultBudget = 5;  // seconds a record may wait in a stage when no latency is stated
constexpr double kLeastBudget = 0.5;

// How many consumers a record passes at most on its way through this stage.
std::vector<int> path_lengths(const std::vector<StageLook>& stages) {
  std::vector<int> before(stages.size(), 0), after(stages.size(), 0);
  const auto own = [&](std::size_t i) { return stages[i].kind == StageKind::source ? 0 : 1; };
  for (std::size_t i = 0; i < stages.size(); ++i) {
    for (const std::size_t u : stages[i].upstream) before[i] = std::max(before[i], before[u] + own(u));
  }
  for (std::size_t i = stages.size(); i-- > 0;) {
    for (const std::size_t u : stages[i].upstream) after[u] = std::max(after[u], after[i] + own(i));
  }
  std::vector<int> lengths(stages.size());
  for (std::size_t i = 0; i < stages.size(); ++i) lengths[i] = before[i] + own(i) + after[i];
  return lengths;
}

}  // namespace

std::vector<Figure> latency_budgets(const Objectives& objectives, const std::vector<StageLook>& stages) {
  std::vector<Figure> out(stages.size());
  if (!objectives.latency_seconds) return out;
  double windows = 0;
  for (const StageLook& stage : stages) windows += stage.window_seconds;
  const std::vector<int> lengths = path_lengths(stages);
  for (std::size_t i = 0; i < stages.size(); ++i)
    out[i] = std::max(kLeastBudget, (*objectives.latency_seconds - windows) / std::max(1, lengths[i]));
  return out;
}

struct Autoscaler::Impl {
  std::map<std::string, StageLaw, std::less<>> laws;
};

Autoscaler::Autoscaler() : impl_(std::make_unique<Impl>()) {}
Autoscaler::Autoscaler(Autoscaler&&) noexcept = default;
Autoscaler& Autoscaler::operator=(Autoscaler&&) noexcept = default;
Autoscaler::~Autoscaler() = default;

std::vector<Decision> Autoscaler::evaluate(double now, const Objectives& objectives,
                                           const std::vector<StageLook>& stages) {
  std::erase_if(impl_->laws, [&](const auto& entry) {
    return std::none_of(stages.begin(), stages.end(), [&](const auto& stage) { return stage.name == entry.first; });
  });
  const std::vector<Figure> budgets = latency_budgets(objectives, stages);

  std::vector<Decision> decisions;
  std::vector<double> output(stages.size(), 0), throughput(stages.size(), 0), periods(stages.size(), 0);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const StageLook& stage = stages[i];
    StageLaw& law = impl_->laws[stage.name];
    law.look(now, stage);
    Demand demand;
    demand.budget_seconds = budgets[i].value_or(kDefaultBudget);
    if (stage.upstream.empty()) throughput[i] = objectives.throughput.value_or(0);
    for (const std::size_t u : stage.upstream) {
      demand.upstream += output[u];
      throughput[i] += throughput[u] * impl_->laws[stages[u].name].figures().selectivity().value_or(1);
    }
    demand.throughput = throughput[i];
    for (const std::size_t u : stage.upstream) {
      demand.burst_period = std::max({demand.burst_period, stages[u].window_seconds, periods[u]});
    }
    periods[i] = demand.burst_period;
    decisions.push_back(law.decide(now, stage, demand));
    output[i] = law.output(decisions.back().to);
  }
  return decisions;
}

Json Autoscaler::learned(double now) const {
  Json::Object stages;
  for (const auto& [name, law] : impl_->laws) stages[name] = law.learned(now);
  return Json::object({{"version", 1}, {"stages", Json(std::move(stages))}});
}

void Autoscaler::learn(double now, const Json& learned) {
  if (learned.get("version").as_int() != 1) return;
  for (const auto& [name, figures] : learned.get("stages").members()) impl_->laws[name].learn(now, figures);
}

void Autoscaler::took_over(double now) {
  for (auto& [name, law] : impl_->laws) law.took_over(now);
}

}  // namespace tidegate::autoscaler
