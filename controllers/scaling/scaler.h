// Evaluates the autoscaling of all pipelines, from what observers and caches hold.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>

#include "controllers/observation/observer.h"
#include "controllers/scaling/intake_figures.h"
#include "controllers/scaling/pipeline_scaling.h"
#include "controllers/shared/kinds.h"
#include "operator/kube/events.h"

namespace tidegate::controllers {

// Thread-safe. Holds pipelines only in the process that leads: reconciles put them here. They are evaluated when their
// observer has looked; run() does it for those whose observer does not come to an end, as while Kafka is away.
class Scaler {
 public:
  struct Options {
    std::function<std::unique_ptr<ScalingLaw>()> law = make_scaling_law;
    // Something is to be carried out or told.
    std::function<void(const kube::Key&)> changed = [](const kube::Key&) {};
    Clock clock = Clock::real();
  };

  Scaler(const Caches& caches, kube::EventRecorder& events, IntakeFigures& intake, Options options)
      : caches_(caches), events_(events), intake_(intake), options_(std::move(options)) {}

  // From reconciles: a pipeline that has stages with scale. `replicas`: what its stages run with now. `learned`: what
  // was written down, used when the pipeline is new here.
  void watch(const kube::Key& pipeline, ScalingPlan plan, const std::map<std::string, int>& replicas,
             std::shared_ptr<Observer> observer, const Json& learned);
  void forget(const kube::Key& pipeline);

  // nullopt: the stage has no scale, or the pipeline is not watched yet.
  std::optional<int> replicas(const kube::Key& pipeline, const std::string& stage) const;
  ScalingReport report(const kube::Key& pipeline) const;
  std::optional<Json> learned_to_write(const kube::Key& pipeline);

  // For those who show it; called under the lock.
  using Visit = std::function<void(const kube::Key&, const PipelineScaling&)>;
  void each(const Visit& visit) const;
  bool look_into(const kube::Key& pipeline, const Visit& visit) const;  // false: not watched

  // Of the pipelines on that cluster.
  void evaluate(Observer& observer);
  void run(const std::stop_token& stop);

 private:
  struct Record {
    std::unique_ptr<PipelineScaling> scaling;
    std::shared_ptr<Observer> observer;
    SteadyTime evaluated{};
  };

  void evaluate_where(const std::function<bool(const Record&)>& wanted);

  std::map<std::string, StageSight> look(const kube::Key& pipeline, const Observer& observer, const ScalingPlan& plan);

  const Caches& caches_;
  kube::EventRecorder& events_;
  IntakeFigures& intake_;
  const Options options_;
  mutable std::mutex mutex_;
  std::map<kube::Key, Record> records_;
};

}  // namespace tidegate::controllers
