#include <cstdio>

#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/explain.h"
#include "common/base/text.h"

namespace tidegate::cli {
namespace {

// The pod that leads: the Lease's holder is its name and a suffix.
Result<std::string> leader(Cluster& cluster) {
  const auto lease = cluster.operator_lease();
  if (!lease) return lease.error().context("the operator's Lease");
  const std::string& holder = lease->at("spec/holderIdentity").as_string();
  if (holder.empty()) return Error{"NoOperator", "no operator holds the Lease"};
  return holder.substr(0, holder.rfind('_'));
}

}  // namespace

int explain_command(const Arguments& arguments) {
  if (arguments.positional.size() != 1) return fail("explain needs the name of one pipeline");
  const auto json = wants_json(arguments);
  if (!json) return fail(json.error().message);
  ExplainChoice choice;
  choice.stage = arguments.get("stage");
  if (arguments.has("since")) {
    const auto since = parse_duration(arguments.get("since"));
    if (!since) return fail(cat("--since: ", since.error().message));
    choice.since = Clock::real().wall() - *since;
  }
  auto cluster = Cluster::connect(arguments);
  if (!cluster) return fail(cluster.error().message);
  const auto pod = leader(*cluster);
  if (!pod) return fail(pod.error().message);

  const std::string& ns = cluster->ns();
  const std::string& name = arguments.positional[0];
  // Without a port the API server takes the first that the pod declares, which is the operator's metrics port.
  const std::string port = arguments.has("operator-port") ? ":" + arguments.get("operator-port") : "";
  const auto answer = cluster->api().get_text(cat("/api/v1/namespaces/", cluster->operator_ns(), "/pods/", *pod, port,
                                                  "/proxy/explain?namespace=", ns, "&pipeline=", name));
  if (!answer && answer.error().reason == "NotFound")
    return fail(cat("pipeline ", ns, "/", name, " has no stage with scale, or the operator has not looked at it yet"));
  if (!answer) return fail(cat("the operator cannot be asked: ", answer.error().message));
  const auto parsed = Json::parse(*answer);
  if (!parsed) return fail(parsed.error().message);
  const Json chosen = choose(*parsed, choice);
  if (!choice.stage.empty() && !chosen.at("stages").has(choice.stage))
    return fail(cat("pipeline ", ns, "/", name, " has no stage '", choice.stage, "' with scale"));
  std::fputs((*json ? chosen.dump(2) + "\n" : render_explain(chosen)).c_str(), stdout);
  return 0;
}

}  // namespace tidegate::cli
