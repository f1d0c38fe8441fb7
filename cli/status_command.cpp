#include <cstdio>
#include <memory>
#include <vector>

#include "cli/commands.h"
#include "cli/view.h"
#include "common/base/text.h"
#include "operator/kube/client.h"
#include "operator/kube/config.h"

namespace tidegate::cli {
namespace {

const kube::Resource kPipelines{"tidegate.io", "v1alpha1", "pipelines", "Pipeline"};
const kube::Resource kLeases{"coordination.k8s.io", "v1", "leases", "Lease"};

int fail(const std::string& message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  return 1;
}

OperatorView look_for_operator(kube::Api& api, const std::string& name, WallTime now) {
  const std::vector<std::string> parts = split(name, '/');
  if (parts.size() != 2) return {name, "--operator must be NAMESPACE/LEASE"};
  const auto lease = api.get(kLeases, parts[0], parts[1]);
  return lease ? view_operator(name, *lease, "", now) : view_operator(name, nullptr, lease.error().message, now);
}

}  // namespace

int status_command(const Arguments& arguments) {
  if (arguments.positional.size() != 1) return fail("status needs the name of one pipeline");
  const std::string output = arguments.get("output");
  if (!output.empty() && output != "json") return fail("-o: only json is known");

  const auto config = kube::load_config(arguments.get("kubeconfig"), arguments.get("context"));
  if (!config) return fail(config.error().message);
  const auto transport = kube::make_transport(*config, "kubectl-tidegate");
  if (!transport) return fail(transport.error().message);
  kube::Client client(**transport, {});

  const std::string ns = arguments.get("namespace", config->ns);
  const auto pipeline = client.get(kPipelines, ns, arguments.positional[0]);
  if (!pipeline) return fail(cat("pipeline ", ns, "/", arguments.positional[0], ": ", pipeline.error().message));

  const WallTime now = Clock::real().wall();
  const PipelineView view = view_pipeline(*pipeline, now);
  const OperatorView op =
      look_for_operator(client, arguments.get("operator", "tidegate-system/tidegate-operator"), now);
  const std::string text = output == "json" ? render_json(view, op).dump(2) + "\n" : render_text(view, op);
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace tidegate::cli
