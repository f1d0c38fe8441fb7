// `tidegate-worker volume`: tells how full a volume is, from a sidecar beside a Kafka broker, which does not say it
// itself.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.h"

namespace tidegate {

struct VolumeUse {
  std::int64_t bytes = 0;
  std::int64_t used = 0;  // what nobody but root can still write counts as used
};

// By statvfs(3). Fails with reason VolumeUnknown.
Result<VolumeUse> volume_use(const std::string& path);

// Serves /metrics (tidegate_volume_*) and /healthz until SIGTERM. The exit code.
int run_volume(const std::string& path, std::uint16_t port);

}  // namespace tidegate
