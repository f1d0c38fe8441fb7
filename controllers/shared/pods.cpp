#include "controllers/shared/pods.h"

#include <set>

#include "common/base/text.h"
#include "controllers/shared/conditions.h"

namespace tidegate::controllers {
namespace {

// A container waits in these states for more than the usual start.
bool is_problem(const std::string& waiting_reason) {
  static const std::set<std::string> problems{"CrashLoopBackOff",     "ImagePullBackOff",  "ErrImagePull",
                                              "InvalidImageName",     "ErrImageNeverPull", "CreateContainerConfigError",
                                              "CreateContainerError", "RunContainerError"};
  return problems.count(waiting_reason) > 0;
}

std::string container_problem(const Json& container) {
  const Json& waiting = container.at("state/waiting");
  const Json& last = container.at("lastState/terminated").is_object() ? container.at("lastState/terminated")
                                                                      : container.at("state/terminated");
  const std::string& ended = last.at("reason").as_string();
  const std::string& reason = waiting.at("reason").as_string();
  if (reason == "CrashLoopBackOff" ||
      (!is_problem(reason) && !container.at("ready").as_bool() && ended == "OOMKilled")) {
    std::string out = ended == "OOMKilled"
                          ? "OOMKilled: it needed more than its memory limit"
                          : cat("CrashLoopBackOff: exit code ", std::to_string(last.at("exitCode").as_int()));
    const std::string& message = last.at("message").as_string();
    return message.empty() ? out : cat(out, ": ", truncate_utf8(trim(message), 200));
  }
  if (!is_problem(reason)) return "";
  const std::string& message = waiting.at("message").as_string();
  return message.empty() ? reason : cat(reason, ": ", truncate_utf8(message, 200));
}

// What to look at for a problem of the user's own container: fields of its stage, or its log.
std::string remedy(const std::string& reason) {
  if (reason == "CrashLoopBackOff") return cat("see kubectl logs -c ", kUserContainer, " --previous");
  if (reason == "OOMKilled") return "raise container.resources.limits.memory";
  if (reason == "CreateContainerConfigError") return "see container.env";
  if (reason == "CreateContainerError" || reason == "RunContainerError") return "see container.command";
  return "see container.image and the pull secrets of the ServiceAccount default";
}

std::string sidecar_problem(const Json& container) {
  const std::string problem = container_problem(container);
  if (problem.empty()) return "";
  const std::string& name = container.at("name").as_string();
  const std::string named = cat(name, ": ", problem);
  return name == kUserContainer ? cat(named, "; ", remedy(problem.substr(0, problem.find(':')))) : named;
}

// Why no node takes it; other reasons than Unschedulable, such as SchedulerError, pass by themselves.
std::string pod_unschedulable(const Json& pod) {
  const Json& scheduled = find_condition(pod.at("status"), "PodScheduled");
  if (scheduled.at("status").as_string() != "False" || scheduled.at("reason").as_string() != "Unschedulable") return "";
  return cat("Unschedulable: ", truncate_utf8(scheduled.at("message").as_string(), 300));
}

std::string pod_problem(const Json& pod) {
  if (pod.at("status/phase").as_string() == "Failed") {
    return cat(pod.at("status/reason").as_string("Failed"), ": ",
               truncate_utf8(pod.at("status/message").as_string(), 200));
  }
  for (const Json& container : pod.at("status/containerStatuses").items()) {
    if (std::string problem = container_problem(container); !problem.empty()) return problem;
  }
  for (const Json& container : pod.at("status/initContainerStatuses").items()) {
    if (std::string problem = sidecar_problem(container); !problem.empty()) return problem;
  }
  return "";
}

}  // namespace

Json pod_security(int user) {
  return Json::object({{"runAsNonRoot", true},
                       {"runAsUser", user},
                       {"runAsGroup", user},
                       {"fsGroup", user},
                       {"fsGroupChangePolicy", "OnRootMismatch"},
                       {"seccompProfile", Json::object({{"type", "RuntimeDefault"}})}});
}

Json container_security() {
  return Json::object({{"allowPrivilegeEscalation", false},
                       {"readOnlyRootFilesystem", true},
                       {"capabilities", Json::object({{"drop", Json::array({"ALL"})}})}});
}

Json container_resources(const crds::Resources& resources) {
  Json out = Json::object({{"requests", Json::Object{}}, {"limits", Json::Object{}}});
  if (!resources.cpu_request.empty()) out["requests"]["cpu"] = resources.cpu_request;
  if (!resources.memory_request.empty()) out["requests"]["memory"] = resources.memory_request;
  if (!resources.cpu_limit.empty()) out["limits"]["cpu"] = resources.cpu_limit;
  if (!resources.memory_limit.empty()) out["limits"]["memory"] = resources.memory_limit;
  return out;
}

PodSummary summarize_pods(const std::vector<kube::ObjectPtr>& pods) {
  PodSummary out;
  std::string unschedulable_pod;
  for (const auto& pod : pods) {
    if (pod->has("metadata/deletionTimestamp")) {
      ++out.terminating;
      continue;
    }
    ++out.total;
    if (pod->at("status/containerStatuses/0/state/running").is_object()) ++out.running;
    if (find_condition(pod->at("status"), "Ready").at("status").as_string() == "True") {
      ++out.ready;
      continue;
    }
    const std::string& name = pod->at("metadata/name").as_string();
    const std::string who = cat("pod ", name, ": ");
    if (const std::string why = pod_unschedulable(*pod); !why.empty()) {
      if (++out.unschedulable == 1) {
        out.unschedulable_why = who + why;
        unschedulable_pod = name;
      }
    } else if (const std::string problem = pod_problem(*pod); !problem.empty() && out.problem.empty()) {
      out.problem = who + problem;
      out.problem_pod = name;
    }
  }
  if (out.problem.empty()) {
    out.problem = out.unschedulable_why;
    out.problem_pod = unschedulable_pod;
  }
  return out;
}

}  // namespace tidegate::controllers
