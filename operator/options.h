// The operator's command line.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.h"

namespace tidegate {

struct OperatorOptions {
  std::string ns;  // the only namespace that is looked at; "" = all
  bool leader_elect = false;
  std::string lease_namespace;  // "" = the operator's own
  std::string worker_image;
  std::string worker_pull_policy = "IfNotPresent";
  std::string kafka_image = "docker.io/apache/kafka:4.1.2";
  std::string worker_binary = "tidegate-worker";  // that judges queries
  std::string installation_id;                    // "" = from the uid of the namespace kube-system
  std::string kubeconfig;                         // "" = as kubectl decides
  std::uint16_t metrics_port = 8080;
  std::string log_level = "info";
  bool help = false;
};

// `--name value` or `--name=value`; TIDEGATE_WORKER_IMAGE and TIDEGATE_KAFKA_IMAGE stand in for the images.
// Fails with reason InvalidArgument.
Result<OperatorOptions> parse_options(int argc, const char* const* argv);

extern const char* const kOperatorUsage;

}  // namespace tidegate
