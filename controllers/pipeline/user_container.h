// The user's own container in the pods of a stage (docs/connectors.md, "Container sink"). Pure.
#pragma once

#include "common/json/json.h"
#include "crds/container.h"

namespace tidegate::controllers {

// Adds the container to a pod's spec, as a sidecar of Kubernetes' own kind: an init container that keeps running. So it
// starts before the worker, ends after it, and does not keep a Job's pod alive. It has no probe: the worker's requests
// tell more than any, also of a server that listens on 127.0.0.1 only, which the kubelet cannot reach; and a pod whose
// worker waits is not ready by itself.
//
// What the worker's container has stays with it: of the pod's volumes it gets none but a /tmp of its own, of the
// environment only what the user asks for, and there is no service account's token in the pod.
void add_user_container(const crds::Container& container, Json& pod);

}  // namespace tidegate::controllers
