#include "tests/api/api_server.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "tests/paths.h"

namespace tidegate::kube::test {
namespace {

Client::Options strict() {
  Client::Options options;
  options.strict = true;
  return options;
}

}  // namespace

ClusterConfig cluster_config() {
  const char* path = std::getenv("KUBECONFIG");
  REQUIRE_MESSAGE(path, "KUBECONFIG must name the API server under test; run tests/api/run");
  auto config = kubeconfig(path);
  REQUIRE_MESSAGE(config.ok(), (config ? "" : config.error().message));
  return *config;
}

std::unique_ptr<Transport> connect(const ClusterConfig& config) {
  auto transport = make_transport(config, "tidegate-test");
  REQUIRE_MESSAGE(transport.ok(), (transport ? "" : transport.error().message));
  return std::move(*transport);
}

ApiServer::ApiServer() : client(*transport, strict()) {
  static std::atomic<int> serial{0};
  ns = "test-" + std::to_string(getpid()) + "-" + std::to_string(++serial);
  must_apply(kNamespaces,
             Json::object({{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", Json::object({{"name", ns}})}}));
}

ApiServer::~ApiServer() {
  const auto made = client.get(kNamespaces, "", ns);
  if (made) (void)client.remove(kNamespaces, "", ns, made->at("metadata/uid").as_string());
}

Json ApiServer::config_map(const std::string& name, const Json& data, const Json& labels) const {
  return Json::object({{"apiVersion", "v1"},
                       {"kind", "ConfigMap"},
                       {"metadata", Json::object({{"name", name}, {"namespace", ns}, {"labels", labels}})},
                       {"data", data}});
}

Json ApiServer::must_apply(const Resource& resource, const Json& object) {
  auto applied = client.apply(resource, object, "tidegate-test");
  REQUIRE_MESSAGE(applied.ok(), (applied ? "" : applied.error().message));
  return *applied;
}

void restart_api_server() {
  const std::string command = source_path("dev/cluster") + " restart kube-apiserver >/dev/null";
  REQUIRE(std::system(command.c_str()) == 0);
}

bool eventually(const std::function<bool()>& condition, std::chrono::seconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace tidegate::kube::test
