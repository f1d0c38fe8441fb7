// The settings that a worker gets (docs/architecture.md, "Stage settings"), and the Secrets that they point to. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controllers/pipeline/plan.h"

namespace tidegate::controllers {

inline constexpr int kMetricsPort = 9400;

// A Secret's key as a file under /etc/tidegate/secrets/<purpose>/<key>.
struct SecretMount {
  std::string purpose;
  crds::SecretKeyRef ref;

  std::string file() const;
};

inline constexpr const char* kFilesDirectory = "/files";

// A PersistentVolumeClaim whose volume is at kFilesDirectory.
struct ClaimMount {
  std::string claim;
  bool read_only = false;
};

struct StageSettings {
  Json json;
  std::vector<SecretMount> secrets;
  std::optional<ClaimMount> files = {};
};

StageSettings source_settings(const PipelineContext& context, const Accepted& accepted, const crds::Source& source);
StageSettings processor_settings(const PipelineContext& context, const Accepted& accepted,
                                 const crds::Processor& processor);
StageSettings sink_settings(const PipelineContext& context, const Accepted& accepted, const crds::Sink& sink);

}  // namespace tidegate::controllers
