#include "crds/kafka_cluster.h"

#include "crds/parts.h"

namespace tidegate::crds {

Resources read_resources(const Reader& at, const Resources& fallback) {
  return {at["requests"]["cpu"].quantity(fallback.cpu_request),
          at["requests"]["memory"].quantity(fallback.memory_request), at["limits"]["cpu"].quantity(fallback.cpu_limit),
          at["limits"]["memory"].quantity(fallback.memory_limit)};
}

SecretKeyRef read_secret_ref(const Reader& at) {
  return {at["name"].required_text(), at["key"].required_text()};
}

DeletionPolicy read_deletion_policy(const Reader& at) {
  return at["deletionPolicy"].choice({"Retain", "Delete"}, 0) == 1 ? DeletionPolicy::remove : DeletionPolicy::retain;
}

KafkaClusterSpec read_kafka_cluster(const Reader& at) {
  KafkaClusterSpec out;
  out.replicas = at["replicas"].number(1);
  if (out.replicas != 1 && out.replicas != 3) at["replicas"].fail("must be 1 or 3");
  out.storage_size = at["storage"]["size"].required_text();
  out.storage_class = at["storage"]["className"].text();
  for (const auto& [key, value] : at["config"].json().members()) out.config[key] = at["config"][key].text();
  out.resources = read_resources(at["resources"], out.resources);
  out.deletion_policy = read_deletion_policy(at);
  return out;
}

Result<KafkaClusterSpec> kafka_cluster_from_json(const Json& spec, const std::string& path) {
  std::optional<Error> error;
  KafkaClusterSpec out = read_kafka_cluster(Reader(spec, path, error));
  if (error) return *error;
  return out;
}

}  // namespace tidegate::crds
