#include "controllers/health/cluster.h"

#include <algorithm>
#include <cmath>

#include "common/base/text.h"
#include "controllers/health/surge.h"

namespace tidegate::health {
namespace {

constexpr Duration kSampleEvery{60'000};
constexpr std::size_t kSamples = 61;       // an hour
constexpr std::size_t kLeastSamples = 11;  // ten minutes tell a trend
constexpr double kFarsight = 6;            // it is believed for six times as long as it was seen
constexpr double kTrendFrom = 0.5;         // used: below, retention is likely to come first

double in_seconds(SteadyTime::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// Bytes per second: neither a burst, which leaves the median as it is, nor a saw's teeth, whose ends are level, is a
// trend. At least two samples.
double growth(const std::deque<DiskFilling::Sample>& history) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < history.size(); ++i)
    steps.push_back((history[i].used - history[i - 1].used) / in_seconds(history[i].at - history[i - 1].at));
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::nth_element(steps.begin(), middle, steps.end());
  const double overall =
      (history.back().used - history.front().used) / in_seconds(history.back().at - history.front().at);
  return std::min(*middle, overall);
}

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
      const double rate = growth(history);
      if (rate <= 0) continue;
      const double left = (volume.bytes - volume.used) / rate;
      const double ahead = kFarsight * in_seconds(history.back().at - history.front().at);
      if (left >= std::min(ahead, in_seconds(kSoon))) continue;
      one.what = cat(who, "will be full in ", std::to_string(std::llround(left / 60)), " minutes at this rate");
    } else {
      continue;
    }
    if (!worst || one.severity < worst->severity) worst = std::move(one);
  }
  if (worst) found.push_back(std::move(*worst));
}

}  // namespace tidegate::health
