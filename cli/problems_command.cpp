#include <cstdio>

#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/problems.h"
#include "common/base/text.h"

namespace tidegate::cli {

int problems_command(const Arguments& arguments) {
  if (!arguments.positional.empty()) return fail("problems takes no name; see status NAME for one pipeline");
  const auto json = wants_json(arguments);
  if (!json) return fail(json.error().message);
  auto cluster = Cluster::connect(arguments);
  if (!cluster) return fail(cluster.error().message);

  const WallTime now = Clock::real().wall();
  const kube::Scope scope{arguments.has("all-namespaces") ? "" : cluster->ns(), ""};
  std::vector<Problem> problems;
  std::size_t looked_at = 0;
  for (const kube::Resource* kind : {&kPipelines, &kKafkaClusters}) {
    const auto objects = cluster->api().list_all(*kind, scope);
    if (!objects) return fail(objects.error().message);
    looked_at += objects->size();
    for (const Json& object : *objects) {
      for (Problem& problem : problems_of(object, now)) problems.push_back(std::move(problem));
    }
  }
  sort_worst_first(problems);

  const OperatorView op = cluster->look_for_operator(now);
  const std::string warning = op.problem.empty() ? "" : cat(op.problem, " (Lease ", op.name, ")");
  const std::string text = *json ? problems_json(problems, looked_at, warning).dump(2) + "\n"
                                 : render_problems(problems, looked_at, warning, now);
  std::fputs(text.c_str(), stdout);
  return problems.empty() && warning.empty() ? 0 : kHasProblems;
}

}  // namespace tidegate::cli
