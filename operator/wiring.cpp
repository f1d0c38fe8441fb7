#include "operator/wiring.h"

#include <set>

#include "controllers/pipeline/accept.h"

namespace tidegate {

Json keep_pod(const Json& pod) {
  Json metadata = Json::Object{};
  for (const char* name : {"name", "namespace", "uid", "resourceVersion", "labels", "deletionTimestamp"}) {
    if (pod.at("metadata").has(name)) metadata[name] = pod.at("metadata").get(name);
  }
  Json status = Json::Object{};
  for (const char* name :
       {"phase", "reason", "message", "conditions", "containerStatuses", "initContainerStatuses", "podIP"}) {
    if (pod.at("status").has(name)) status[name] = pod.at("status").get(name);
  }
  return Json::object({{"metadata", metadata}, {"status", status}});
}

std::vector<kube::Key> labelled_keys(const kube::Change& change, const char* label) {
  std::set<kube::Key> keys;
  for (const auto& object : {change.before, change.after}) {
    if (!object) continue;
    const std::string& owner = object->at("metadata/labels").get(label).as_string();
    if (!owner.empty()) keys.insert({object->at("metadata/namespace").as_string(), owner});
  }
  return {keys.begin(), keys.end()};
}

std::vector<kube::Key> pipelines_on(const kube::Change& cluster, const kube::Store& pipelines) {
  const Json& object = cluster.after ? *cluster.after : *cluster.before;
  const std::string& ns = object.at("metadata/namespace").as_string();
  std::vector<kube::Key> keys;
  for (const auto& pipeline : pipelines.list(ns)) {
    const std::string& name = pipeline->at("metadata/name").as_string();
    if (controllers::kafka_identity(ns, name, pipeline->at("spec")) ==
        ns + "/" + object.at("metadata/name").as_string()) {
      keys.push_back({ns, name});
    }
  }
  return keys;
}

}  // namespace tidegate
