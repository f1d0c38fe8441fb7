#include "operator/kube/paths.h"

#include "common/base/encoding.h"
#include "common/base/text.h"

namespace tidegate::kube {

std::string object_path(const Resource& resource, const std::string& ns, const std::string& name,
                        const std::string& subresource) {
  std::string path = resource.group.empty() ? cat("/api/", resource.version) : cat("/apis/", resource.api_version());
  if (!ns.empty()) path += "/namespaces/" + percent_encode(ns);
  path += "/" + resource.plural;
  if (!name.empty()) path += "/" + percent_encode(name);
  if (!subresource.empty()) path += "/" + subresource;
  return path;
}

}  // namespace tidegate::kube
