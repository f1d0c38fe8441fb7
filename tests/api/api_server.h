// The API server under test, found through KUBECONFIG.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "operator/kube/client.h"
#include "operator/kube/transport.h"

namespace tidegate::kube::test {

inline const Resource kConfigMaps{"", "v1", "configmaps", "ConfigMap"};
inline const Resource kNamespaces{"", "v1", "namespaces", "Namespace"};
inline const Resource kLeases{"coordination.k8s.io", "v1", "leases", "Lease"};
inline const Resource kServiceAccounts{"", "v1", "serviceaccounts", "ServiceAccount"};

ClusterConfig cluster_config();
std::unique_ptr<Transport> connect(const ClusterConfig& config);

// A client with strict field validation, and a namespace of its own that is deleted at the end.
struct ApiServer {
  ApiServer();
  ~ApiServer();

  Json config_map(const std::string& name, const Json& data, const Json& labels = Json::object({})) const;
  Json must_apply(const Resource& resource, const Json& object);

  ClusterConfig config = cluster_config();
  std::unique_ptr<Transport> transport = connect(config);
  Client client;
  std::string ns;
};

// Stops and starts the API server; returns once it answers again.
void restart_api_server();

// Polls until true; false after the deadline.
bool eventually(const std::function<bool()>& condition, std::chrono::seconds deadline = std::chrono::seconds(30));

}  // namespace tidegate::kube::test
