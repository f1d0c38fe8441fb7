#include "operator/options.h"

#include <charconv>
#include <cstdlib>
#include <functional>
#include <map>

#include "common/base/text.h"

namespace tidegate {
namespace {

std::string environment(const char* name, const std::string& fallback) {
  const char* value = std::getenv(name);
  return value && *value ? value : fallback;
}

bool parse_port(const std::string& text, std::uint16_t& port) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  return failed == std::errc{} && end == text.data() + text.size() && port > 0;
}

bool parse_flag(const std::string& text, bool& flag) {
  if (text != "true" && text != "false") return false;
  flag = text == "true";
  return true;
}

}  // namespace

const char* const kOperatorUsage = R"(usage: tidegate-operator [OPTION]...
  --namespace NS             look at this namespace only (default: all)
  --leader-elect             act only while holding the Lease tidegate-operator
  --lease-namespace NS       where the Lease is (default: the operator's own namespace)
  --worker-image IMAGE       image of the stages' pods (default: $TIDEGATE_WORKER_IMAGE)
  --worker-pull-policy P     IfNotPresent (default), Always or Never
  --kafka-image IMAGE        image of Kafka nodes (default: $TIDEGATE_KAFKA_IMAGE, else docker.io/apache/kafka:4.1.2)
  --worker-binary FILE       what judges queries (default: tidegate-worker on the PATH)
  --installation-id ID       part of consumer group names (default: from the uid of the namespace kube-system)
  --kubeconfig FILE          default: as kubectl, or the pod's service account
  --metrics-port PORT        /metrics, /healthz and /readyz (default: 8080)
  --log-level LEVEL          debug, info (default), warn or error
)";

Result<OperatorOptions> parse_options(int argc, const char* const* argv) {
  OperatorOptions out;
  out.worker_image = environment("TIDEGATE_WORKER_IMAGE", "");
  out.kafka_image = environment("TIDEGATE_KAFKA_IMAGE", out.kafka_image);
  const auto text = [](std::string& target) {
    return [&target](const std::string& value) {
      target = value;
      return !value.empty();
    };
  };
  const std::map<std::string, std::function<bool(const std::string&)>> known{
      {"--namespace",
       [&](const std::string& value) {
         out.ns = value;
         return true;
       }},
      {"--leader-elect", [&](const std::string& value) { return parse_flag(value, out.leader_elect); }},
      {"--lease-namespace", text(out.lease_namespace)},
      {"--worker-image", text(out.worker_image)},
      {"--worker-pull-policy", text(out.worker_pull_policy)},
      {"--kafka-image", text(out.kafka_image)},
      {"--worker-binary", text(out.worker_binary)},
      {"--installation-id",
       [&](const std::string& value) {
         out.installation_id = value;
         return true;
       }},
      {"--kubeconfig", text(out.kubeconfig)},
      {"--metrics-port", [&](const std::string& value) { return parse_port(value, out.metrics_port); }},
      {"--log-level", text(out.log_level)},
  };
  for (int i = 1; i < argc; ++i) {
    std::string name = argv[i];
    if (name == "--help" || name == "-h") {
      out.help = true;
      return out;
    }
    std::string value;
    const std::size_t equals = name.find('=');
    if (equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    }
    const auto option = known.find(name);
    if (option == known.end()) return Error{"InvalidArgument", cat("unknown option ", name)};
    if (equals == std::string::npos) {
      if (name == "--leader-elect")
        value = "true";
      else if (i + 1 < argc)
        value = argv[++i];
      else
        return Error{"InvalidArgument", cat(name, " needs a value")};
    }
    if (!option->second(value)) return Error{"InvalidArgument", cat("'", value, "' is no value for ", name)};
  }
  if (out.worker_image.empty()) return Error{"InvalidArgument", "--worker-image or TIDEGATE_WORKER_IMAGE is needed"};
  return out;
}

}  // namespace tidegate
