// KafkaCluster and what it shares with Pipeline; mirrors kafkaclusters.tidegate.io.yaml, which describes the fields.
#pragma once

#include <map>
#include <string>

#include "common/base/result.h"
#include "common/json/json.h"

namespace tidegate::crds {

// Kubernetes quantities as written; "" = not given. The values here are the schema's defaults, for manifests that did
// not pass through an API server.
struct Resources {
  std::string cpu_request;
  std::string memory_request;
  std::string cpu_limit;
  std::string memory_limit;

  friend bool operator==(const Resources&, const Resources&) = default;
};

struct SecretKeyRef {
  std::string name;
  std::string key;
};

enum class DeletionPolicy { retain, remove };

struct KafkaClusterSpec {
  int replicas = 1;  // 1 or 3
  std::string storage_size;
  std::string storage_class;  // "": the cluster's default
  std::map<std::string, std::string> config;
  Resources resources{"100m", "512Mi", "", "768Mi"};
  DeletionPolicy deletion_policy = DeletionPolicy::retain;
};

// Reads `.spec`. Fails with reason InvalidSpec and a message that begins with the field's path below `path`.
Result<KafkaClusterSpec> kafka_cluster_from_json(const Json& spec, const std::string& path = "spec");

}  // namespace tidegate::crds
