// Judges the health of all pipelines and Kafka clusters every two seconds, from what observers and caches hold.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <vector>

#include "controllers/health/diagnosis.h"
#include "controllers/monitoring/look.h"
#include "controllers/shared/kinds.h"
#include "operator/kube/events.h"

namespace tidegate::controllers {

// Thread-safe. Holds objects only in the process that leads: reconciles put them here. tick() makes one round, run()
// one every two seconds.
class HealthMonitor {
 public:
  struct Options {
    // Problems changed: to be told in status.
    std::function<void(const kube::Key&)> pipeline_changed = [](const kube::Key&) {};
    std::function<void(const kube::Key&)> cluster_changed = [](const kube::Key&) {};
    // How full the volumes of these broker pods are; pods that did not say are left out.
    std::function<std::vector<health::VolumeEvidence>(const std::vector<kube::ObjectPtr>& pods)> volumes;
    Clock clock = Clock::real();
  };

  HealthMonitor(const Caches& caches, kube::EventRecorder& events, Options options)
      : caches_(caches), events_(events), options_(std::move(options)) {}

  // From reconciles. `learned`: what was written down, used when the pipeline is new here. Without an observer (nothing
  // was accepted yet) only its status is looked at.
  void watch(const kube::Key& pipeline, MonitoringPlan plan, std::shared_ptr<const Observer> observer,
             const Json& learned);
  void watch_cluster(const kube::Key& cluster, int nodes, std::shared_ptr<const Observer> observer);
  void forget(const kube::Key& pipeline);
  void forget_cluster(const kube::Key& cluster);

  // Worst first, from the start with those that the status had; nullopt: not watched.
  std::optional<std::vector<health::Problem>> problems(const kube::Key& pipeline) const;
  std::optional<std::vector<health::Problem>> cluster_problems(const kube::Key& cluster) const;
  // What is worth writing down now: changed, and not written for ten minutes. The caller writes it, and says so.
  std::optional<Json> learned_to_write(const kube::Key& pipeline) const;
  void wrote_learned(const kube::Key& pipeline, const Json& learned);

  // For those who show it: the last look at each.
  struct PipelineLook {
    MonitoringPlan plan;
    health::PipelineEvidence evidence;
    std::vector<health::Problem> problems;
    std::map<std::string, std::optional<double>> selectivity;  // by stage
  };
  struct ClusterLook {
    int nodes = 0;
    int partitions = 0;
    health::ClusterEvidence evidence;
    std::vector<health::Problem> problems;
  };
  void each(const std::function<void(const kube::Key&, const PipelineLook&)>& visit) const;
  void each_cluster(const std::function<void(const kube::Key&, const ClusterLook&)>& visit) const;

  void tick();
  void run(const std::stop_token& stop);

 private:
  struct Pipeline {
    std::shared_ptr<const Observer> observer;
    health::PipelineHealth health;
    PipelineLook look;
    bool looked = false;
    Json written;
    std::optional<SteadyTime> written_at;
  };
  struct Cluster {
    std::shared_ptr<const Observer> observer;
    health::ClusterHealth health;
    ClusterLook look;
    bool looked = false;
  };

  void look_at_pipeline(const kube::Key& key);
  void look_at_cluster(const kube::Key& key);
  PipelineSight sight(const kube::Key& key, const MonitoringPlan& plan, const Observer* observer,
                      const Json& object) const;
  void tell(const Json& object, const health::Tracker::Changes& changes);
  health::Instant now() const { return {options_.clock.steady(), options_.clock.wall()}; }

  const Caches& caches_;
  kube::EventRecorder& events_;
  const Options options_;
  mutable std::mutex mutex_;
  std::map<kube::Key, Pipeline> pipelines_;
  std::map<kube::Key, Cluster> clusters_;
};

}  // namespace tidegate::controllers
