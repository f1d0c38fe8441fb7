// Pods: how ours are secured, and what is wrong with one, in words.
#pragma once

#include <string>
#include <vector>

#include "common/json/json.h"
#include "crds/kafka_cluster.h"
#include "operator/kube/cache.h"

namespace tidegate::controllers {

// `securityContext` of a pod and of a container that meet the Pod Security level "restricted".
Json pod_security(int user);
Json container_security();

// The container in a worker's pod that runs an image of the user's.
inline constexpr char kUserContainer[] = "user-container";

// `resources` of a container.
Json container_resources(const crds::Resources& resources);

struct PodSummary {
  int total = 0;
  int running = 0;  // a container of it runs, ready or not
  int ready = 0;
  int terminating = 0;  // not counted above
  int unschedulable = 0;
  std::string unschedulable_why;  // of the first of these, with its name
  std::string problem_pod;        // whose problem the next is
  std::string problem;            // of the first pod that does not run, with its name; "" when none has one
};

// A pod that is merely starting has no problem; what is wrong with a container of the user's is told with its name and
// the field to mend; that no node takes a pod is told when no pod has another one.
PodSummary summarize_pods(const std::vector<kube::ObjectPtr>& pods);

}  // namespace tidegate::controllers
