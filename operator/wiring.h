// What the operator keeps of each kind, and which keys a change of an object concerns.
#pragma once

#include <vector>

#include "common/json/json.h"
#include "operator/kube/cache.h"
#include "operator/kube/controller.h"

namespace tidegate {

// Of a Pod: who it is and how it is.
Json keep_pod(const Json& pod);

// The keys of owners that an object's label names; both versions of a change count.
std::vector<kube::Key> labelled_keys(const kube::Change& change, const char* label);

// The pipelines that use the KafkaCluster that changed.
std::vector<kube::Key> pipelines_on(const kube::Change& cluster, const kube::Store& pipelines);

}  // namespace tidegate
