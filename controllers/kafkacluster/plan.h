// From a KafkaCluster to the objects that run it. Pure.
#pragma once

#include <string>
#include <vector>

#include "controllers/kafkacluster/broker_config.h"
#include "controllers/shared/children.h"

namespace tidegate::controllers {

struct KafkaImage {
  std::string name;         // with the official image's layout
  std::string pull_policy;  // IfNotPresent, Always, Never
  std::string worker;       // ours; beside each broker it tells how full the volume is, which Kafka does not
};

// ConfigMap, headless Service, client Service, StatefulSet and, with three nodes, PodDisruptionBudget, in the order in
// which they are to be applied.
std::vector<Child> plan_kafka(const ClusterIdentity& cluster, const crds::KafkaClusterSpec& spec,
                              const KafkaImage& image);

}  // namespace tidegate::controllers
