// Names that the parts of Tidegate agree on (docs/architecture.md, "Names and labels").
#pragma once

#include <string>

namespace tidegate::crds {

// Child of a stage: <pipeline>-<stage>-<hash>, at most 52 characters.
std::string stage_child(const std::string& pipeline, const std::string& stage);
// Kafka of a KafkaCluster: StatefulSet, headless Service and ConfigMap, and the Service for clients.
std::string kafka_brokers(const std::string& cluster);
std::string kafka_bootstrap(const std::string& cluster);
// host:port for clients in any namespace of the Kubernetes cluster.
std::string kafka_bootstrap_servers(const std::string& ns, const std::string& cluster);
// Topics of a stage that its user does not name.
std::string internal_topic(const std::string& ns, const std::string& pipeline, const std::string& stage,
                           const std::string& use);
std::string dead_letter_topic(const std::string& ns, const std::string& pipeline, const std::string& stage);
std::string consumer_group(const std::string& installation, const std::string& ns, const std::string& pipeline,
                           const std::string& stage);

namespace labels {
inline constexpr char name[] = "app.kubernetes.io/name";
inline constexpr char instance[] = "app.kubernetes.io/instance";
inline constexpr char component[] = "app.kubernetes.io/component";
inline constexpr char managed_by[] = "app.kubernetes.io/managed-by";  // always "tidegate"
inline constexpr char pipeline[] = "tidegate.io/pipeline";
inline constexpr char stage[] = "tidegate.io/stage";
inline constexpr char kafka_cluster[] = "tidegate.io/kafka-cluster";
}  // namespace labels

}  // namespace tidegate::crds
