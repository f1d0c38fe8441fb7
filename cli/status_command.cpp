#include <unistd.h>

#include <cstdio>
#include <optional>

#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/view.h"
#include "cli/watch.h"
#include "common/base/signals.h"
#include "common/base/text.h"
#include "operator/kube/sleep.h"

namespace tidegate::cli {
namespace {

constexpr auto kInterval = std::chrono::seconds(2);

struct Seen {
  PipelineView pipeline;
  OperatorView op;
};

Result<Seen> look(Cluster& cluster, const std::string& name) {
  const auto pipeline = cluster.api().get(kPipelines, cluster.ns(), name);
  if (!pipeline) return pipeline.error().context(cat("pipeline ", cluster.ns(), "/", name));
  const WallTime now = Clock::real().wall();
  return Seen{view_pipeline(*pipeline, now), cluster.look_for_operator(now)};
}

std::string text_of(const Seen& seen, bool json, int indent) {
  return json ? render_json(seen.pipeline, seen.op).dump(indent) + "\n" : render_text(seen.pipeline, seen.op);
}

// What the view is about, without how long ago it was written.
std::string content_of(Seen seen) {
  seen.pipeline.age_ms.reset();
  return render_json(seen.pipeline, seen.op).dump();
}

void write(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

// Until Ctrl-C; a cluster that cannot be read meanwhile is said and asked again. JSON is one document a line.
int watch(Cluster& cluster, const std::string& name, bool json, const std::stop_token& stop) {
  Screen screen(!json && isatty(STDOUT_FILENO) == 1);
  std::optional<Seen> last;
  while (!stop.stop_requested()) {
    const auto seen = look(cluster, name);
    if (seen) {
      last = *seen;
      const std::string text = text_of(*seen, json, -1);
      write(screen.show(json || isatty(STDOUT_FILENO) == 1 ? text : text + "\n", content_of(*seen)));
    } else if (!last && !stop.stop_requested()) {
      return fail(seen.error().message);  // wrong from the beginning
    } else if (!stop.stop_requested() && !json) {
      const std::string problem = cat("CANNOT READ: ", seen.error().message, "\n");
      write(screen.show(cat(problem, "what was seen last:\n\n", text_of(*last, false, -1)), problem));
    }
    if (std::ferror(stdout) != 0) break;  // nobody reads any more
    kube::sleep_for(kInterval, stop);
  }
  write(screen.end());
  return 0;
}

}  // namespace

int status_command(const Arguments& arguments) {
  if (arguments.positional.size() != 1) return fail("status needs the name of one pipeline");
  const auto json = wants_json(arguments);
  if (!json) return fail(json.error().message);
  const std::string& name = arguments.positional[0];

  std::optional<Signals> signals;  // without --watch a signal simply ends the process
  if (arguments.has("watch")) signals.emplace();
  const std::stop_token stop = signals ? signals->token() : std::stop_token();
  auto cluster = Cluster::connect(arguments, std::chrono::seconds(10), stop);
  if (!cluster) return fail(cluster.error().message);
  if (signals) return watch(*cluster, name, *json, stop);

  const auto seen = look(*cluster, name);
  if (!seen) return fail(seen.error().message);
  write(text_of(*seen, *json, 2));
  return 0;
}

}  // namespace tidegate::cli
