#include "controllers/health/cluster.h"

#include <algorithm>
#include <cmath>

#include "common/base/text.h"
#include "controllers/health/surge.h"

namespace tidegate::health {
namespace {

constexpr Duration kSampleEvery{60'000};
constexpr std::size_t kSamples = 31;       // half an hour
constexpr std::size_t kLeastSamples = 11;  // ten minutes tell a trend
constexpr double kTrendFrom = 0.5;         // used: below, retention is likely to come first

}  // namespace

void Brokers::look(const ClusterEvidence& cluster, std::vector<Finding>& found) {
  starting_ = cluster.is_new && !whole_once_;
  if (!cluster.reachable) return;
  std::vector<std::string> parts;
  if (!*cluster.reachable) {
    parts.push_back(cat("no broker answers: ", cluster.problem));
  } else {
    if (cluster.brokers && cluster.brokers_wanted && *cluster.brokers < *cluster.brokers_wanted)
      parts.push_back(
          cat(std::to_string(*cluster.brokers), " of ", std::to_string(*cluster.brokers_wanted), " brokers answer"));
    if (cluster.offline.value_or(0) > 0)
      parts.push_back(cat(std::to_string(*cluster.offline), " partitions are offline"));
    if (cluster.under_replicated.value_or(0) > 0)
      parts.push_back(cat(std::to_string(*cluster.under_replicated), " partitions are under-replicated"));
  }
  if (parts.empty()) whole_once_ = true;
  if (parts.empty() || starting_) return;
  found.push_back(
      finding(Kind::kafka_degraded, "", "", cluster.name, cat("Kafka ", cluster.name, ": ", join(parts, ", "))));
}

void DiskFilling::look(const Instant& now, const ClusterEvidence& cluster, std::vector<Finding>& found) {
  std::erase_if(history_, [&](const auto& entry) {
    return std::none_of(cluster.volumes.begin(), cluster.volumes.end(),
                        [&](const VolumeEvidence& volume) { return volume.pod == entry.first; });
  });
  std::optional<Finding> worst;
  for (const VolumeEvidence& volume : cluster.volumes) {
    if (volume.bytes <= 0) continue;
    auto& history = history_[volume.pod];
    if (history.empty() || now.steady - history.back().at >= kSampleEvery) history.push_back({now.steady, volume.used});
    if (history.size() > kSamples) history.pop_front();
    const double free = 1 - volume.used / volume.bytes;
    const std::string who = cat("the volume of ", volume.pod, " ");
    Finding one = finding(Kind::disk_filling, "", "", cluster.name, "");
    if (free < kFreeWarning) {
      one.what = cat(who, "has ", percent(std::max(0.0, free)), " free");
      if (free < kFreeCritical) one.severity = Severity::critical;
    } else if (history.size() >= kLeastSamples && 1 - free >= kTrendFrom) {
      const auto span = std::chrono::duration<double>(history.back().at - history.front().at).count();
      const double grown = history.back().used - history.front().used;
      if (grown <= 0) continue;
      const double left = (volume.bytes - volume.used) / (grown / span);
      if (left >= std::chrono::duration<double>(kSoon).count()) continue;
      one.what = cat(who, "will be full in ", std::to_string(std::llround(left / 60)), " minutes at this rate");
    } else {
      continue;
    }
    if (!worst || one.severity < worst->severity) worst = std::move(one);
  }
  if (worst) found.push_back(std::move(*worst));
}

}  // namespace tidegate::health
