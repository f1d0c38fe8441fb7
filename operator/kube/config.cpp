#include "operator/kube/config.h"

#include <netdb.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/base/text.h"

namespace tidegate::kube {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool resolves(const std::string& host) {
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, nullptr, &found) != 0) return false;
  freeaddrinfo(found);
  return true;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

Result<ClusterConfig> in_cluster_config(const std::string& folder) {
  const std::string address = environment("KUBERNETES_SERVICE_HOST");
  const std::string port = environment("KUBERNETES_SERVICE_PORT");
  if (address.empty() || port.empty() || !std::filesystem::exists(folder + "/token")) {
    return Error{"NotInCluster", "this process runs in no pod with a service account; give --kubeconfig"};
  }
  const std::string name = "kubernetes.default.svc";
  const std::string host = resolves(name) ? name : address;
  if (host.find(':') != std::string::npos) {
    return Error{"NotInCluster", name + " does not resolve and the IPv6 address " + host +
                                     " cannot be dialled; set the pod's dnsPolicy to ClusterFirstWithHostNet"};
  }
  ClusterConfig config;
  config.server = cat("https://", host, ":", port);
  config.ca.file = folder + "/ca.crt";
  config.token.file = folder + "/token";
  const std::string ns = read_file(folder + "/namespace");
  if (!trim(ns).empty()) config.ns = trim(ns);
  return config;
}

Result<ClusterConfig> load_config(const std::string& kubeconfig_path, const std::string& context) {
  if (!kubeconfig_path.empty()) return kubeconfig(kubeconfig_path, context);
  if (const std::string paths = environment("KUBECONFIG"); !paths.empty()) return kubeconfig(paths, context);
  auto pod = in_cluster_config();
  if (pod) return pod;
  const std::string home = environment("HOME") + "/.kube/config";
  if (std::filesystem::exists(home)) return kubeconfig(home, context);
  return Error{"NoConfig", "no API server is known: give --kubeconfig, set KUBECONFIG, or run inside a pod"};
}

}  // namespace tidegate::kube
