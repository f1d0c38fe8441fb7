#include <cstdio>
#include <thread>

#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/stage_job.h"
#include "common/base/text.h"
#include "crds/names.h"

namespace tidegate::cli {
namespace {

const kube::Resource kJobs{"batch", "v1", "jobs", "Job"};
const kube::Resource kPods{"", "v1", "pods", "Pod"};
const kube::Resource kStatefulSets{"apps", "v1", "statefulsets", "StatefulSet"};
const kube::Resource kDeployments{"apps", "v1", "deployments", "Deployment"};

constexpr Duration kLook{500};
constexpr auto kStartsWithin = std::chrono::minutes(2);

Result<Json> workload_of(Cluster& cluster, const std::string& pipeline, const std::string& stage) {
  const std::string child = crds::stage_child(pipeline, stage);
  for (const kube::Resource* kind : {&kStatefulSets, &kDeployments}) {
    auto found = cluster.api().get(*kind, cluster.ns(), child);
    if (found || found.error().reason != "NotFound") return found;
  }
  return Error{"NotFound", cat("pipeline ", cluster.ns(), "/", pipeline, " has no stage '", stage, "' that runs")};
}

// The Job's pod once it has ended.
Result<std::string> await_end(Cluster& cluster, const std::string& job) {
  const auto begin = std::chrono::steady_clock::now();
  for (;; std::this_thread::sleep_for(kLook)) {
    const auto pods = cluster.api().list_all(kPods, {cluster.ns(), "batch.kubernetes.io/job-name=" + job});
    if (!pods) return pods.error();
    std::string waits = "it has no pod; see kubectl describe job";
    for (const Json& pod : *pods) {
      const std::string& phase = pod.at("status/phase").as_string();
      if (phase == "Succeeded" || phase == "Failed") return pod.at("metadata/name").as_string();
      const Json& waiting = pod.at("status/containerStatuses/0/state/waiting");
      if (phase == "Running") waits.clear();
      if (phase == "Pending") waits = cat("its pod is pending ", waiting.get("reason").as_string());
    }
    if (!waits.empty() && std::chrono::steady_clock::now() - begin > kStartsWithin)
      return Error{"NotStarted", cat("the Job does not start: ", waits)};
  }
}

Result<StageAnswer> ask(Cluster& cluster, const std::string& pipeline, const std::string& stage, const Json& request) {
  const auto workload = workload_of(cluster, pipeline, stage);
  if (!workload) return workload.error();
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  const std::string name = cat("tidegate-letters-", sha256_hex(cat(pipeline, stage, std::to_string(now))).substr(0, 8));
  const auto job = cluster.api().create(kJobs, stage_job(*workload, name, request));
  if (!job) return job.error();
  const auto answer = [&]() -> Result<StageAnswer> {
    const auto pod = await_end(cluster, name);
    if (!pod) return pod.error();
    const auto log = cluster.api().get_text(cat("/api/v1/namespaces/", cluster.ns(), "/pods/", *pod, "/log"));
    if (!log) return log.error();
    return read_answer(*log);
  }();
  const auto removed = cluster.api().remove(kJobs, cluster.ns(), name, job->at("metadata/uid").as_string());
  if (!removed) std::fprintf(stderr, "warning: Job %s stays: %s\n", name.c_str(), removed.error().message.c_str());
  return answer;
}

Result<void> put_number(const Arguments& arguments, const char* option, const char* name, Json& request) {
  if (!arguments.has(option)) return {};
  const auto value = Json::parse(arguments.get(option));
  if (!value || !value->is_int() || value->as_int() < 0)
    return Error{"InvalidArguments", cat("--", option, " must be a number, not ", arguments.get(option))};
  request[name] = *value;
  return {};
}

// A duration ago, or RFC 3339.
Result<void> put_time(const Arguments& arguments, const char* option, Json& request) {
  if (!arguments.has(option)) return {};
  const std::string& text = arguments.get(option);
  if (const auto time = parse_rfc3339(text)) {
    request[option] = text;
  } else if (const auto ago = parse_duration(text)) {
    request[option] = to_rfc3339(Clock::real().wall() - *ago);
  } else {
    return Error{"InvalidArguments", cat("--", option, " must be like 10m or 2026-01-31T08:00:00Z, not ", text)};
  }
  return {};
}

Result<Json> request_of(const std::string& action, const Arguments& arguments) {
  Json request = Json::object({{"action", action}});
  if (arguments.has("reason")) request["reason"] = arguments.get("reason");
  if (arguments.has("dry-run")) request["dryRun"] = true;
  for (const char* option : {"since", "until"}) {
    if (auto put = put_time(arguments, option, request); !put) return put.error();
  }
  for (const auto& [option, name] :
       {std::pair{"limit", "limit"}, {"from", "from"}, {"rate", "rate"}, {"most-failures", "mostFailures"}}) {
    if (auto put = put_number(arguments, option, name, request); !put) return put.error();
  }
  for (const std::string& field : arguments.all("field")) {
    const std::size_t equals = field.find('=');
    if (equals == 0 || equals == std::string::npos)
      return Error{"InvalidArguments", cat("--field must be NAME=VALUE, not ", field)};
    request["fields"][field.substr(0, equals)] = field.substr(equals + 1);
  }
  return request;
}

std::vector<std::string> stages_of(const Json& pipeline) {
  std::vector<std::string> out;
  for (const Json& source : pipeline.at("spec/sources").items()) {
    if (!source.has("http")) out.push_back(source.at("name").as_string());  // that refuses in its reply
  }
  for (const char* list : {"processors", "sinks"}) {
    for (const Json& stage : pipeline.at("spec").get(list).items()) out.push_back(stage.at("name").as_string());
  }
  return out;
}

void print_list(const std::vector<std::pair<std::string, Json>>& found) {
  Rows rows = {{"STAGE", "REASON", "COUNT", "FIRST", "LAST", "LAST MESSAGE"}};
  for (const auto& [stage, done] : found) {
    for (const Json& one : done.get("reasons").items()) {
      rows.push_back({stage, one.get("reason").as_string(), std::to_string(one.get("count").as_int()),
                      one.get("first").as_string(), one.get("last").as_string(), one.get("message").as_string()});
    }
  }
  if (rows.size() == 1) return static_cast<void>(std::puts("no dead letters"));
  for (const std::string& line : table_lines(rows, {false, false, true, false, false, false})) std::puts(line.c_str());
}

int list(Cluster& cluster, const std::string& pipeline, std::vector<std::string> stages, const Json& request,
         bool json) {
  if (stages.empty()) {
    const auto object = cluster.api().get(kPipelines, cluster.ns(), pipeline);
    if (!object) return fail(object.error().message);
    stages = stages_of(*object);
  }
  std::vector<std::pair<std::string, Json>> found;
  for (const std::string& stage : stages) {
    auto answer = ask(cluster, pipeline, stage, request);
    if (!answer) return fail(cat(stage, ": ", answer.error().message));
    found.emplace_back(stage, std::move(answer->done));
  }
  if (!json) {
    print_list(found);
    return 0;
  }
  Json out;
  for (auto& [stage, done] : found) out[stage] = std::move(done);
  std::puts(out.dump(2).c_str());
  return 0;
}

int print_records(Cluster& cluster, const std::string& pipeline, const std::string& stage, const Json& request) {
  const auto answer = ask(cluster, pipeline, stage, request);
  if (!answer) return fail(answer.error().message);
  for (const Json& record : answer->records) std::puts(record.dump().c_str());
  std::fprintf(stderr, "%zu of %lld\n", answer->records.size(),
               static_cast<long long>(answer->done.get("found").as_int()));
  return 0;
}

int replay(Cluster& cluster, const std::string& pipeline, const std::string& stage, const Json& request, bool json) {
  const auto answer = ask(cluster, pipeline, stage, request);
  if (!answer) return fail(answer.error().message);
  const Json& done = answer->done;
  const auto count = [&](const char* name) { return std::to_string(done.get(name).as_int()); };
  if (json) {
    std::puts(done.dump(2).c_str());
  } else if (done.get("dryRun").as_bool()) {
    std::puts(cat(count("replayed"), " would be replayed, ", count("leftOut"), " have failed too often").c_str());
  } else {
    std::puts(cat(count("replayed"), " replayed, of which ", count("failedAgain"), " failed again; ", count("leftOut"),
                  " have failed too often. Go on with --from ", count("next"))
                  .c_str());
  }
  return 0;
}

}  // namespace

int dead_letters_command(const Arguments& arguments) {
  const std::vector<std::string>& words = arguments.positional;
  const std::string action = words.empty() ? "" : words[0];
  const bool whole = action == "list" && words.size() == 2;
  if ((action != "list" && action != "show" && action != "replay") || (!whole && words.size() != 3))
    return fail("dead-letters needs list NAME [STAGE], show NAME STAGE or replay NAME STAGE");
  const auto json = wants_json(arguments);
  if (!json) return fail(json.error().message);
  const auto request = request_of(action, arguments);
  if (!request) return fail(request.error().message);
  auto cluster = Cluster::connect(arguments);
  if (!cluster) return fail(cluster.error().message);
  if (action == "list")
    return list(*cluster, words[1], whole ? std::vector<std::string>() : std::vector{words[2]}, *request, *json);
  if (action == "show") return print_records(*cluster, words[1], words[2], *request);
  return replay(*cluster, words[1], words[2], *request, *json);
}

int tail_command(const Arguments& arguments) {
  if (arguments.positional.size() != 2) return fail("tail needs NAME STAGE");
  const auto request = request_of("tail", arguments);
  if (!request) return fail(request.error().message);
  auto cluster = Cluster::connect(arguments);
  if (!cluster) return fail(cluster.error().message);
  return print_records(*cluster, arguments.positional[0], arguments.positional[1], *request);
}

}  // namespace tidegate::cli
