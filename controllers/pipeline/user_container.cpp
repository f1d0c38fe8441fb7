#include "controllers/pipeline/user_container.h"

#include "controllers/shared/pods.h"

namespace tidegate::controllers {
namespace {

constexpr char kTmp[] = "user-tmp";
constexpr char kTmpSize[] = "256Mi";

// Kubernetes' own rule. It is written down because what the API server once chose would stay when the image changes.
const char* pull_policy(const std::string& image) {
  const std::string name = image.substr(image.rfind('/') + 1);
  if (name.find('@') != std::string::npos) return "IfNotPresent";
  const std::size_t colon = name.find(':');
  return colon == std::string::npos || name.substr(colon) == ":latest" ? "Always" : "IfNotPresent";
}

Json variable(const crds::EnvVariable& given) {
  Json out = Json::object({{"name", given.name}});
  if (given.secret) {
    const Json ref = Json::object({{"name", given.secret->name}, {"key", given.secret->key}});
    out["valueFrom"] = Json::object({{"secretKeyRef", ref}});
  } else if (!given.value.empty()) {  // the API server keeps no empty one
    out["value"] = given.value;
  }
  return out;
}

Json sidecar(const crds::Container& container) {
  Json out = Json::object({{"name", kUserContainer},
                           {"image", container.image},
                           {"imagePullPolicy", pull_policy(container.image)},
                           {"restartPolicy", "Always"},
                           {"resources", container_resources(container.resources)},
                           {"securityContext", container_security()},
                           // Its last words are shown in status; its log, in which there may be anything, is not.
                           {"terminationMessagePolicy", "File"},
                           {"volumeMounts", Json::array({Json::object({{"name", kTmp}, {"mountPath", "/tmp"}})})}});
  if (!container.command.empty()) out["command"] = Json::array(container.command);
  if (!container.args.empty()) out["args"] = Json::array(container.args);
  for (const crds::EnvVariable& given : container.env) out["env"].push_back(variable(given));
  return out;
}

}  // namespace

void add_user_container(const crds::Container& container, Json& pod) {
  pod["initContainers"].push_back(sidecar(container));
  pod["volumes"].push_back(Json::object({{"name", kTmp}, {"emptyDir", Json::object({{"sizeLimit", kTmpSize}})}}));
}

}  // namespace tidegate::controllers
