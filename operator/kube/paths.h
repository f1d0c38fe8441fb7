// Where the API server serves an object.
#pragma once

#include <string>

#include "operator/kube/api.h"

namespace tidegate::kube {

// "/apis/apps/v1/namespaces/shop/statefulsets/x/status"; parts that are "" are left out.
std::string object_path(const Resource& resource, const std::string& ns, const std::string& name = "",
                        const std::string& subresource = "");

}  // namespace tidegate::kube
