#include "worker/volume/volume.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <vector>

#include "common/base/log.h"
#include "common/base/signals.h"
#include "common/base/text.h"
#include "common/http/server.h"
#include "common/metrics/metrics.h"

namespace tidegate {

Result<VolumeUse> volume_use(const std::string& path) {
  struct statvfs figures {};
  if (statvfs(path.c_str(), &figures) != 0) {
    return Error{"VolumeUnknown", cat("cannot tell how full ", path, " is: ", std::strerror(errno))};
  }
  const auto block = static_cast<std::int64_t>(figures.f_frsize);
  const auto all = static_cast<std::int64_t>(figures.f_blocks) * block;
  return VolumeUse{all, all - static_cast<std::int64_t>(figures.f_bavail) * block};
}

int run_volume(const std::string& path, std::uint16_t port) {
  const Signals signals;
  metrics::Registry registry;
  // Unknown is no series; a scraper sees the gap.
  const auto figure = [&](metrics::Metric metric, std::int64_t VolumeUse::*member) {
    registry.collect(metric, [&path, member] {
      std::vector<metrics::Registry::Sample> samples;
      if (const auto use = volume_use(path)) samples.push_back({{}, static_cast<double>((*use).*member)});
      return samples;
    });
  };
  figure("tidegate_volume_bytes", &VolumeUse::bytes);
  figure("tidegate_volume_used_bytes", &VolumeUse::used);

  http::Options options;
  options.port = port;
  options.max_connections = 32;
  const auto server = http::Server::listen(options, [&](const http::Request& request, const http::Respond& respond) {
    const std::string answered = request.target.substr(0, request.target.find('?'));
    if (answered == "/metrics")
      return respond({200, "text/plain; version=0.0.4; charset=utf-8", registry.render(), {}});
    if (answered == "/healthz") return respond({200, "text/plain; charset=utf-8", "ok\n", {}});
    respond({404, "text/plain; charset=utf-8", "not found\n", {}});
  });
  if (!server) {
    log::error("cannot start", {{"reason", server.error().reason}, {"error", server.error().message}});
    return 1;
  }
  if (const auto use = volume_use(path); !use) log::error("volume", {{"error", use.error().message}});
  log::info("volume is watched", {{"path", path}, {"port", std::to_string((*server)->port())}});
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait(lock, signals.token(), [] { return false; });
  return 0;
}

}  // namespace tidegate
