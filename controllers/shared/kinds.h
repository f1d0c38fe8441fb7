// The kinds of object that the controllers read and write.
#pragma once

#include <map>
#include <string>

#include "operator/kube/cache.h"

namespace tidegate::controllers {

namespace kinds {
inline const kube::Resource pipelines{"tidegate.io", "v1alpha1", "pipelines", "Pipeline"};
inline const kube::Resource kafka_clusters{"tidegate.io", "v1alpha1", "kafkaclusters", "KafkaCluster"};
inline const kube::Resource stateful_sets{"apps", "v1", "statefulsets", "StatefulSet"};
inline const kube::Resource deployments{"apps", "v1", "deployments", "Deployment"};
inline const kube::Resource services{"", "v1", "services", "Service"};
inline const kube::Resource config_maps{"", "v1", "configmaps", "ConfigMap"};
inline const kube::Resource disruption_budgets{"policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget"};
inline const kube::Resource pods{"", "v1", "pods", "Pod"};
inline const kube::Resource secrets{"", "v1", "secrets", "Secret"};
inline const kube::Resource volume_claims{"", "v1", "persistentvolumeclaims", "PersistentVolumeClaim"};
}  // namespace kinds

inline constexpr char kFieldManager[] = "tidegate";
inline constexpr char kStatusManager[] = "tidegate-status";

// What the reflectors have seen, by Resource::plural: all of the above except secrets and volume claims.
class Caches {
 public:
  explicit Caches(std::map<std::string, const kube::Store*> stores) : stores_(std::move(stores)) {}
  const kube::Store& of(const kube::Resource& kind) const { return *stores_.at(kind.plural); }

 private:
  std::map<std::string, const kube::Store*> stores_;
};

}  // namespace tidegate::controllers
