#include "controllers/shared/pods.h"

#include <doctest/doctest.h>

#include "common/base/text.h"
#include "controllers/shared/rollout.h"
#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::controllers;
using crds::json;

namespace {

PodSummary summary(const std::string& status) {
  Json pod = json(R"({"metadata": {"name": "p-0"}})");
  pod["status"] = json(status);
  return summarize_pods({std::make_shared<const Json>(pod)});
}

}  // namespace

TEST_CASE("what is wrong with a pod in words") {
  CHECK(summary(R"({"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                                    "message": "0/1 nodes are available: 1 Insufficient memory."}]})")
            .problem == "pod p-0: Unschedulable: 0/1 nodes are available: 1 Insufficient memory.");
  CHECK(
      summary(R"({"containerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull", "message": "not found"}}}]})")
          .problem == "pod p-0: ErrImagePull: not found");
  CHECK(summary(R"({"containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}},
                     "lastState": {"terminated": {"exitCode": 1, "message": "stage.json: no such topic\n"}}}]})")
            .problem == "pod p-0: CrashLoopBackOff: exit code 1: stage.json: no such topic");
  CHECK(summary(R"({"containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}},
                     "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}]})")
            .problem == "pod p-0: OOMKilled: it needed more than its memory limit");
}

TEST_CASE("what is wrong with a container of the users is told with what to mend") {
  const auto problem = [](const char* state) {
    return summary(cat(R"({"conditions": [{"type": "Ready", "status": "False"}],
      "containerStatuses": [{"name": "worker", "state": {"waiting": {"reason": "PodInitializing"}}}],
      "initContainerStatuses": [{"name": "user-container", )",
                       state, "}]}"))
        .problem;
  };
  CHECK(problem(R"("state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}})") ==
        "pod p-0: user-container: ImagePullBackOff: no such image; see container.image and the pull secrets of the "
        "ServiceAccount default");
  CHECK(problem(
            R"("state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 3}})") ==
        "pod p-0: user-container: CrashLoopBackOff: exit code 3; see kubectl logs -c user-container --previous");
  CHECK(problem(R"("state": {"terminated": {"reason": "OOMKilled"}})") ==
        "pod p-0: user-container: OOMKilled: it needed more than its memory limit; raise "
        "container.resources.limits.memory");
  CHECK(problem(R"("state": {"waiting": {"reason": "CreateContainerConfigError", "message": "no Secret"}})") ==
        "pod p-0: user-container: CreateContainerConfigError: no Secret; see container.env");
  CHECK(problem(R"("state": {"waiting": {"reason": "RunContainerError", "message": "no such file"}})") ==
        "pod p-0: user-container: RunContainerError: no such file; see container.command");
  CHECK(problem(R"("ready": true, "state": {"running": {}})") == "");
}

TEST_CASE("an init container that somebody else added is told by its name") {
  CHECK(summary(R"({"initContainerStatuses": [{"name": "mesh", "state": {"waiting": {"reason": "ErrImagePull"}}}]})")
            .problem == "pod p-0: mesh: ErrImagePull");
}

TEST_CASE("a pod that starts has no problem one that is being deleted does not count") {
  CHECK(summary(R"({"containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]})").problem.empty());
  const PodSummary running = summary(R"({"conditions": [{"type": "Ready", "status": "False"}],
                                         "containerStatuses": [{"state": {"running": {}}}]})");
  CHECK(running.problem.empty());
  CHECK(running.running == 1);
  CHECK(running.ready == 0);
  CHECK(summarize_pods({std::make_shared<const Json>(
                           json(R"({"metadata": {"name": "p", "deletionTimestamp": "2026-01-01T00:00:00Z"}})"))})
            .total == 0);
}

TEST_CASE("a rollout is done when all pods have the new version") {
  const auto pending = [](const std::string& status) {
    Json set = json(R"({"metadata": {"generation": 2}, "spec": {"replicas": 2}})");
    set["status"] = json(status);
    return rollout_pending(set, "score").has_value();
  };
  CHECK(pending("{}"));
  CHECK(pending(R"({"observedGeneration": 1, "updatedReplicas": 2, "replicas": 2})"));
  CHECK(pending(R"({"observedGeneration": 2, "updatedReplicas": 1, "replicas": 2})"));
  CHECK(pending(R"({"observedGeneration": 2, "updatedReplicas": 2, "replicas": 3})"));
  CHECK_FALSE(pending(R"({"observedGeneration": 2, "updatedReplicas": 2, "replicas": 2})"));
}
