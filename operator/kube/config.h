// How to reach an API server and who we are there.
#pragma once

#include <map>
#include <string>

#include "common/base/result.h"

namespace tidegate::kube {

// A credential or certificate: given as text, or as a file that is read again when it changes.
struct Material {
  std::string data;
  std::string file;  // used when `data` is empty

  bool empty() const { return data.empty() && file.empty(); }
};

struct ClusterConfig {
  std::string server;           // "https://host:port", optionally with a path
  std::string tls_server_name;  // the name to verify in the server's certificate; "" = the server's host
  bool insecure = false;        // accept any certificate
  Material ca;                  // PEM; empty = the system's authorities
  Material client_certificate;  // PEM
  Material client_key;          // PEM
  Material token;
  std::string ns = "default";  // namespace of the context or of the pod
};

inline constexpr const char* kServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

// The service account of this pod. The server is dialled by its service name, because the HTTP library cannot dial
// IPv6 addresses; where that name does not resolve (host network), by KUBERNETES_SERVICE_HOST.
// Fails with NotInCluster when this is no pod.
Result<ClusterConfig> in_cluster_config(const std::string& folder = kServiceAccountFolder);

// `paths`: kubeconfig files separated by ':' and merged as kubectl does (the first to set a value wins; relative paths
// start at the file that holds them; embedded data beats files). `context` "" = current-context.
// Exec plugins, proxies and passwords are not supported and refused by name.
Result<ClusterConfig> kubeconfig(const std::string& paths, const std::string& context = "");

// As kubectl decides: the path given, else KUBECONFIG, else the pod's service account, else ~/.kube/config.
Result<ClusterConfig> load_config(const std::string& kubeconfig_path = "", const std::string& context = "");

}  // namespace tidegate::kube
