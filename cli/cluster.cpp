#include "cli/cluster.h"

#include <cstdio>
#include <vector>

#include "common/base/text.h"
#include "operator/kube/config.h"

namespace tidegate::cli {

Result<Cluster> Cluster::connect(const Arguments& arguments, Duration deadline, std::stop_token stop) {
  const std::vector<std::string> lease = split(arguments.get("operator", "tidegate-system/tidegate-operator"), '/');
  if (lease.size() != 2) return Error{"InvalidArguments", "--operator must be NAMESPACE/LEASE"};
  const auto config = kube::load_config(arguments.get("kubeconfig"), arguments.get("context"));
  if (!config) return config.error();
  auto transport = kube::make_transport(*config, "kubectl-tidegate");
  if (!transport) return transport.error();

  Cluster out;
  out.transport_ = *std::move(transport);
  out.client_ = std::make_unique<kube::Client>(*out.transport_,
                                               kube::Client::Options{.deadline = deadline, .stop = std::move(stop)});
  out.ns_ = arguments.get("namespace", config->ns);
  out.operator_ns_ = lease[0];
  out.operator_lease_ = lease[1];
  return out;
}

Result<Json> Cluster::operator_lease() {
  return api().get(kLeases, operator_ns_, operator_lease_);
}

OperatorView Cluster::look_for_operator(WallTime now) {
  const std::string name = cat(operator_ns_, "/", operator_lease_);
  const auto lease = operator_lease();
  return lease ? view_operator(name, *lease, "", now) : view_operator(name, nullptr, lease.error().message, now);
}

int fail(const std::string& message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  return 1;
}

Result<bool> wants_json(const Arguments& arguments) {
  const std::string output = arguments.get("output");
  if (!output.empty() && output != "json") return Error{"InvalidArguments", "-o: only json is known"};
  return output == "json";
}

}  // namespace tidegate::cli
