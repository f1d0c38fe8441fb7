#include "controllers/scaling/scaler.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "crds/names.h"
#include "operator/kube/sleep.h"

namespace tidegate::controllers {
namespace {

constexpr Duration kRound{1'000};
constexpr Duration kOverdue{2'000};

}  // namespace

void Scaler::watch(const kube::Key& pipeline, ScalingPlan plan, const std::map<std::string, int>& replicas,
                   std::shared_ptr<Observer> observer, const Json& learned) {
  const std::lock_guard lock(mutex_);
  Record& record = records_[pipeline];
  if (!record.scaling)
    record.scaling = std::make_unique<PipelineScaling>(options_.law(), options_.clock.steady(), learned);
  record.scaling->plan(std::move(plan), replicas);
  record.observer = std::move(observer);
}

void Scaler::forget(const kube::Key& pipeline) {
  const std::lock_guard lock(mutex_);
  records_.erase(pipeline);
}

std::optional<int> Scaler::replicas(const kube::Key& pipeline, const std::string& stage) const {
  const std::lock_guard lock(mutex_);
  const auto found = records_.find(pipeline);
  return found == records_.end() ? std::nullopt : found->second.scaling->replicas(stage);
}

ScalingReport Scaler::report(const kube::Key& pipeline) const {
  const std::lock_guard lock(mutex_);
  const auto found = records_.find(pipeline);
  return found == records_.end() ? ScalingReport{} : found->second.scaling->report();
}

std::optional<Json> Scaler::learned_to_write(const kube::Key& pipeline) {
  const std::lock_guard lock(mutex_);
  const auto found = records_.find(pipeline);
  return found == records_.end() ? std::nullopt : found->second.scaling->learned_to_write(options_.clock.steady());
}

void Scaler::each(const Visit& visit) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, record] : records_) visit(key, *record.scaling);
}

bool Scaler::look_into(const kube::Key& pipeline, const Visit& visit) const {
  const std::lock_guard lock(mutex_);
  const auto found = records_.find(pipeline);
  if (found == records_.end()) return false;
  visit(pipeline, *found->second.scaling);
  return true;
}

std::map<std::string, StageSight> Scaler::look(const kube::Key& pipeline, const Observer& observer,
                                               const ScalingPlan& plan) {
  std::map<std::string, std::vector<kube::ObjectPtr>> pods;
  for (auto& pod : caches_.of(kinds::pods).list(pipeline.ns, crds::labels::pipeline, pipeline.name)) {
    pods[pod->at("metadata/labels").get(crds::labels::stage).as_string()].push_back(std::move(pod));
  }
  auto readings = observer.readings(pipeline);
  std::map<std::string, StageSight> out;
  for (const ScalingStage& stage : plan.stages) {
    StageSight& sight = out[stage.name];
    const bool source = stage.kind == autoscaler::StageKind::source;
    sight.workload = caches_.of(source ? kinds::deployments : kinds::stateful_sets)
                         .get(pipeline.ns, crds::stage_child(pipeline.name, stage.name));
    sight.pods = summarize_pods(pods[stage.name]);
    sight.reading = std::move(readings[stage.name]);
    if (source && stage.scaled) sight.bytes_in_flight = intake_.bytes_in_flight(pods[stage.name]);
  }
  return out;
}

void Scaler::evaluate(Observer& observer) {
  evaluate_where([&](const Record& record) { return record.observer.get() == &observer; });
}

void Scaler::evaluate_where(const std::function<bool(const Record&)>& wanted) {
  std::vector<std::tuple<kube::Key, std::shared_ptr<Observer>, ScalingPlan>> tasks;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, record] : records_) {
      if (wanted(record)) tasks.emplace_back(key, record.observer, record.scaling->plan());
    }
  }
  for (const auto& [key, observer, plan] : tasks) {
    if (plan.paused) continue;
    auto sights = look(key, *observer, plan);
    PipelineScaling::Outcome outcome;
    {
      const std::lock_guard lock(mutex_);
      const auto record = records_.find(key);
      if (record == records_.end()) continue;
      record->second.evaluated = options_.clock.steady();
      outcome = record->second.scaling->evaluate(record->second.evaluated, options_.clock.wall(), std::move(sights));
    }
    if (outcome.surprised) observer->look_soon();
    const auto object = caches_.of(kinds::pipelines).get(key.ns, key.name);
    for (const auto& change : outcome.changes) {
      log::info("scales a stage",
                {{"namespace", key.ns}, {"pipeline", key.name}, {"stage", change.stage}, {"why", change.sentence}});
      if (object)
        events_.record(*object, false, change.out ? "ScaledOut" : "ScaledIn", cat(change.stage, ": ", change.sentence));
    }
    if (outcome.tell) options_.changed(key);
  }
}

void Scaler::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    evaluate_where([&](const Record& record) { return options_.clock.steady() - record.evaluated >= kOverdue; });
    kube::sleep_for(kRound, stop);
  }
}

}  // namespace tidegate::controllers
