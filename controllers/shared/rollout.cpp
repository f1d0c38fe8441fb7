#include "controllers/shared/rollout.h"

#include "common/base/text.h"

namespace tidegate::controllers {

std::optional<Error> rollout_pending(const Json& workload, const std::string& stage) {
  const Json& status = workload.at("status");
  const std::int64_t wanted = workload.at("spec/replicas").as_int(1);
  if (status.at("observedGeneration").as_int() < workload.at("metadata/generation").as_int()) {
    return Error{"RollingOut", cat(stage, ": the new version is about to be rolled out")};
  }
  const std::int64_t updated = status.at("updatedReplicas").as_int();
  if (updated < wanted || status.at("replicas").as_int() > wanted) {
    return Error{"RollingOut", cat(stage, ": ", std::to_string(updated), " of ", std::to_string(wanted),
                                   " pods have the new version")};
  }
  return std::nullopt;
}

}  // namespace tidegate::controllers
