#include <cstdio>
#include <memory>
#include <vector>

#include "cli/commands.h"
#include "cli/explain.h"
#include "common/base/text.h"
#include "operator/kube/client.h"
#include "operator/kube/config.h"

namespace tidegate::cli {
namespace {

const kube::Resource kLeases{"coordination.k8s.io", "v1", "leases", "Lease"};

int fail(const std::string& message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  return 1;
}

// The pod that leads: the Lease's holder is its name and a suffix.
Result<std::string> leader(kube::Api& api, const std::string& ns, const std::string& lease_name) {
  const auto lease = api.get(kLeases, ns, lease_name);
  if (!lease) return lease.error().context(cat("Lease ", ns, "/", lease_name));
  const std::string& holder = lease->at("spec/holderIdentity").as_string();
  if (holder.empty()) return Error{"NoOperator", cat("no operator holds the Lease ", ns, "/", lease_name)};
  return holder.substr(0, holder.rfind('_'));
}

}  // namespace

int explain_command(const Arguments& arguments) {
  if (arguments.positional.size() != 1) return fail("explain needs the name of one pipeline");
  const std::string output = arguments.get("output");
  if (!output.empty() && output != "json") return fail("-o: only json is known");
  ExplainChoice choice;
  choice.stage = arguments.get("stage");
  if (arguments.has("since")) {
    const auto since = parse_duration(arguments.get("since"));
    if (!since) return fail(cat("--since: ", since.error().message));
    choice.since = Clock::real().wall() - *since;
  }
  const auto parts = split(arguments.get("operator", "tidegate-system/tidegate-operator"), '/');
  if (parts.size() != 2) return fail("--operator must be NAMESPACE/LEASE");

  const auto config = kube::load_config(arguments.get("kubeconfig"), arguments.get("context"));
  if (!config) return fail(config.error().message);
  const auto transport = kube::make_transport(*config, "kubectl-tidegate");
  if (!transport) return fail(transport.error().message);
  kube::Client client(**transport, {});
  const auto pod = leader(client, parts[0], parts[1]);
  if (!pod) return fail(pod.error().message);

  const std::string ns = arguments.get("namespace", config->ns);
  const std::string& name = arguments.positional[0];
  const auto answer =
      client.get_text(cat("/api/v1/namespaces/", parts[0], "/pods/", *pod, ":", arguments.get("operator-port", "8080"),
                          "/proxy/explain?namespace=", ns, "&pipeline=", name));
  if (!answer && answer.error().reason == "NotFound")
    return fail(cat("pipeline ", ns, "/", name, " has no stage with scale, or the operator has not looked at it yet"));
  if (!answer) return fail(cat("the operator cannot be asked: ", answer.error().message));
  const auto parsed = Json::parse(*answer);
  if (!parsed) return fail(parsed.error().message);
  const Json chosen = choose(*parsed, choice);
  if (!choice.stage.empty() && !chosen.at("stages").has(choice.stage))
    return fail(cat("pipeline ", ns, "/", name, " has no stage '", choice.stage, "' with scale"));
  std::fputs((output == "json" ? chosen.dump(2) + "\n" : render_explain(chosen)).c_str(), stdout);
  return 0;
}

}  // namespace tidegate::cli
