#include "worker/stage/watermarks.h"

#include <algorithm>
#include <utility>

namespace tidegate::stage {
namespace {

using window::kNever;
using window::Micros;

constexpr Duration kGap{2000};  // not asked for longer: what was quiet before is not known to be still

}  // namespace

Micros together(std::span<const Promise> promises) {
  std::optional<Micros> least;
  Micros newest = kNever;
  for (const Promise& promise : promises) {
    newest = std::max(newest, promise.watermark);
    if (!promise.idle) least = std::min(least.value_or(promise.watermark), promise.watermark);
  }
  return least.value_or(newest);
}

void Watermarks::assign(int partition, std::int64_t position, Micros watermark) {
  Partition& mine = partitions_[partition] = {};
  mine.position = position;
  mine.watermark = watermark;
}

void Watermarks::stir(int partition) {
  const auto found = partitions_.find(partition);
  if (found != partitions_.end()) found->second.quiet.reset();
}

void Watermarks::read(int partition, std::int64_t position, Micros watermark) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return;
  found->second.position = position;
  found->second.watermark = std::max(found->second.watermark, watermark);
}

void Watermarks::reach(int partition, std::int64_t position, SteadyTime now) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return;
  Partition& mine = found->second;
  mine.position = std::max(mine.position, position);
  if (mine.quiet) return;
  mine.quiet = now;
  mine.watermark_then = mine.watermark;
}

void Watermarks::look(const Look& look) {
  const Micros disorder = settings_.field ? settings_.field->max_out_of_order : 0;
  if (look.promise == kNever) return;
  for (auto& [number, partition] : partitions_) {
    if (static_cast<std::size_t>(number) >= look.ends.size()) continue;
    const Target seen{look.ends[static_cast<std::size_t>(number)], look.promise - disorder};
    (partition.target ? partition.next : partition.target) = seen;
  }
}

bool Watermarks::is_idle(const Partition& partition, SteadyTime now) const {
  return settings_.idle_timeout > Duration{0} && partition.quiet && now - *partition.quiet >= settings_.idle_timeout;
}

std::vector<int> Watermarks::idle(SteadyTime now) {
  if (asked_ && now - *asked_ > kGap) {
    for (auto& [number, partition] : partitions_) {
      if (!partition.quiet) continue;
      partition.quiet = now;
      partition.watermark_then = partition.watermark;
    }
  }
  asked_ = now;
  std::vector<int> idle;
  for (const auto& [number, partition] : partitions_) {
    if (is_idle(partition, now)) idle.push_back(number);
  }
  return idle;
}

std::optional<Watermarks::Due> Watermarks::due(SteadyTime now) {
  for (auto& [number, partition] : partitions_) {
    while (partition.target && partition.position >= partition.target->end) {
      const Micros promised = partition.target->watermark;
      partition.target = std::exchange(partition.next, std::nullopt);
      if (promised <= partition.watermark) continue;
      partition.watermark = promised;
      return Due{number, promised};
    }
    if (!settings_.close_when_idle || asked_ != now || !is_idle(partition, now)) continue;
    if (partition.watermark_then == kNever) continue;
    const std::chrono::microseconds quiet = std::chrono::floor<std::chrono::seconds>(now - *partition.quiet);
    const Micros by_clock = partition.watermark_then + quiet.count();
    if (by_clock <= partition.watermark) continue;
    partition.watermark = by_clock;
    return Due{number, by_clock};
  }
  return std::nullopt;
}

}  // namespace tidegate::stage
