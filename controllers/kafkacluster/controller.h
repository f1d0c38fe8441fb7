// Reconciles KafkaClusters: applies their objects and says whether brokers answer.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "common/base/clock.h"
#include "controllers/kafkacluster/plan.h"
#include "controllers/monitoring/monitor.h"
#include "controllers/observation/observers.h"
#include "controllers/shared/conditions.h"
#include "controllers/shared/pods.h"
#include "operator/kube/controller.h"
#include "operator/kube/events.h"

namespace tidegate::controllers {

// What is true about a cluster, and what its status says. Pure.
struct KafkaEvidence {
  int replicas = 1;
  PodSummary pods;
  bool reachable = false;
  std::string problem;
  int brokers = 0;
  std::optional<Error> pending;  // what is still being rolled out
  std::optional<Error> stalled;
  std::optional<std::vector<health::Problem>> problems;  // nullopt: not known
};
std::vector<Condition> judge_kafka(const KafkaEvidence& evidence);

class KafkaClusterController final : public kube::Reconciler {
 public:
  struct Options {
    KafkaImage image;
    Clock clock = Clock::real();
    std::function<Connector(const std::string& bootstrap_servers)> connector;
  };

  KafkaClusterController(kube::Api& api, const Caches& caches, kube::EventRecorder& events, Observers& observers,
                         HealthMonitor& monitor, Options options)
      : api_(api),
        caches_(caches),
        events_(events),
        observers_(observers),
        monitor_(monitor),
        options_(std::move(options)),
        children_(api, caches) {}

  Result<std::optional<Duration>> reconcile(const kube::Key& key) override;

 private:
  Result<void> write_status(const kube::Key& key, const Json& cluster, const KafkaEvidence& evidence);

  kube::Api& api_;
  const Caches& caches_;
  kube::EventRecorder& events_;
  Observers& observers_;
  HealthMonitor& monitor_;
  const Options options_;
  Children children_;
  std::mutex mutex_;
  std::map<kube::Key, kube::ObjectPtr> written_;  // last status write, until the cache has it
};

}  // namespace tidegate::controllers
