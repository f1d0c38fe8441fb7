// The way to the cluster that the commands share.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "cli/arguments.h"
#include "cli/view.h"
#include "operator/kube/client.h"

namespace tidegate::cli {

inline const kube::Resource kPipelines{"tidegate.io", "v1alpha1", "pipelines", "Pipeline"};
inline const kube::Resource kKafkaClusters{"tidegate.io", "v1alpha1", "kafkaclusters", "KafkaCluster"};
inline const kube::Resource kLeases{"coordination.k8s.io", "v1", "leases", "Lease"};

// Thread-safe once connected.
class Cluster {
 public:
  // Reads --kubeconfig, --context, --namespace and --operator; asks nothing yet. `deadline` is that of each request;
  // they end with Canceled when `stop` is requested.
  static Result<Cluster> connect(const Arguments& arguments, Duration deadline = std::chrono::seconds(10),
                                 std::stop_token stop = {});

  kube::Client& api() { return *client_; }
  const std::string& ns() const { return ns_; }                    // --namespace, else the kubeconfig's
  const std::string& operator_ns() const { return operator_ns_; }  // where the operator runs

  Result<Json> operator_lease();
  OperatorView look_for_operator(WallTime now);

 private:
  Cluster() = default;

  std::unique_ptr<kube::Transport> transport_;
  std::unique_ptr<kube::Client> client_;
  std::string ns_, operator_ns_, operator_lease_;
};

// "error: …" on standard error; returns 1, the exit code of a command that could not do its work.
int fail(const std::string& message);

// Whether -o json was asked for. Fails with InvalidArguments for any other output.
Result<bool> wants_json(const Arguments& arguments);

}  // namespace tidegate::cli
