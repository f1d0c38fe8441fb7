// Reconciles Pipelines: observe → record status → validate → plan → act (controllers/README.md).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "common/base/clock.h"
#include "controllers/monitoring/monitor.h"
#include "controllers/observation/observers.h"
#include "controllers/pipeline/accept.h"
#include "controllers/pipeline/plan.h"
#include "controllers/pipeline/status.h"
#include "controllers/scaling/scaler.h"
#include "operator/kube/controller.h"
#include "operator/kube/events.h"

namespace tidegate::controllers {

class PipelineController final : public kube::Reconciler {
 public:
  struct Options {
    std::string installation;
    std::string worker_image;
    std::string pull_policy = "IfNotPresent";
    Clock clock = Clock::real();
    // Makes connections to a pipeline's Kafka: namespace, bootstrap servers, spec.kafka.
    std::function<Connector(const std::string&, const std::string&, const crds::KafkaChoice&)> connector;
  };

  PipelineController(kube::Api& api, const Caches& caches, kube::EventRecorder& events, SqlCheck& check,
                     Observers& observers, Scaler& scaler, HealthMonitor& monitor, Options options)
      : api_(api),
        caches_(caches),
        events_(events),
        observers_(observers),
        scaler_(scaler),
        monitor_(monitor),
        options_(std::move(options)),
        children_(api, caches),
        acceptance_(api, caches, check) {}

  Result<std::optional<Duration>> reconcile(const kube::Key& key) override;

 private:
  // What is remembered between reconciles; all of it can be found out again.
  struct Memory {
    std::string uid;
    kube::ObjectPtr written;  // our last status write, until the cache has it
    SteadyTime written_at{};
    std::string observer;              // identity of the observer in use
    std::set<std::string> configured;  // topics whose settings were compared
    std::string warned;                // about replicas beyond partitions
    std::optional<SteadyTime> deleting_since;
    SteadyTime since{};  // of this memory: our first look at the pipeline
  };

  // One reconcile's findings.
  struct Run {
    kube::Key key;
    kube::ObjectPtr pipeline;
    Memory* memory = nullptr;
    std::optional<Accepted> accepted;
    PipelineContext context;
    std::shared_ptr<Observer> observer;
    PipelineView view;
    StatusReport report;
    std::optional<Error> failure;  // try again
    std::optional<Duration> again;
  };

  Memory& memory_of(const kube::Key& key, const std::string& uid);
  Result<void> add_finalizer(const Json& pipeline);
  void accept(Run& run);
  Result<void> keep(Run& run, const Accepted& accepted);
  void connect(Run& run);
  Result<void> make_topics(Run& run);
  Result<void> configure_topics(Run& run, KafkaLink& link, const std::vector<WantedTopic>& wanted);
  Result<void> run_stages(Run& run);
  Result<void> prune(const Run& run, const std::vector<Child>& wanted, bool rolled_out);
  void look_at_stages(Run& run);
  void warn_about_replicas(Run& run, StageReport& stage, const std::string& topic);
  PipelineWatch watch_of(const Run& run) const;
  std::vector<kube::ObjectPtr> pods_of(const Run& run, const std::string& stage) const;
  bool looked_enough(const Run& run) const;

  // Autoscaling (scale.cpp).
  void scale(Run& run);
  std::map<std::string, int> running_replicas(const Run& run);

  // What autoscaling and health learned (learned.cpp).
  Json learned(const Run& run, const char* key);
  Result<void> keep_learned(const Run& run);

  // Status and Events (report.cpp).
  Result<void> write_status(Run& run);
  void tell(const Json& pipeline, const Json& before, const Json& after);

  // Deletion (finish.cpp).
  Result<std::optional<Duration>> finish(Run& run);
  Result<bool> stop_workloads(const Run& run);
  Result<bool> delete_topics(Run& run);
  Result<void> remove_finalizer(const Json& pipeline);

  kube::Api& api_;
  const Caches& caches_;
  kube::EventRecorder& events_;
  Observers& observers_;
  Scaler& scaler_;
  HealthMonitor& monitor_;
  const Options options_;
  Children children_;
  Acceptance acceptance_;
  std::mutex mutex_;
  std::map<kube::Key, Memory> memory_;  // an entry is used by one reconcile at a time
};

// The ConfigMap that keeps what autoscaling and health learned.
std::string learned_name(const std::string& pipeline);
inline constexpr char kScalingLearned[] = "learned.json";
inline constexpr char kHealthLearned[] = "health.json";

// Whether deleting the pipeline has something to do for us.
bool needs_finalizer(const Json& spec);
inline constexpr char kFinalizer[] = "tidegate.io/topics";

}  // namespace tidegate::controllers
