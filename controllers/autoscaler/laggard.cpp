#include "controllers/autoscaler/laggard.h"

#include <algorithm>

namespace tidegate::autoscaler {
namespace {

constexpr double kStep = 0.9;         // seconds between two looks that count
constexpr double kGap = 15;           // seconds; longer: begin anew
constexpr double kPressed = 1;        // seconds of its intake that wait for a replica which is at its limit
constexpr double kProof = 5;          // seconds at its limit before a replica is called slow
constexpr double kSlow = 0.8;         // of what is usual
constexpr double kStandstill = 0.05;  // of what is usual; less is no slow replica but a stuck one, which health reports
constexpr double kGain = 0.2;         // of a look
constexpr double kRemembered = 3600;  // seconds; relieved it no longer shows whether it is still slow

}  // namespace

void Laggard::look(double now, const StageLook& look, const Figure& usual) {
  if (slow_ && (now >= slow_->until || slow_->replica >= look.replicas)) slow_.reset();
  std::map<int, Seen> current;
  for (std::size_t p = 0; p < look.partitions.size(); ++p) {
    const PartitionFigures& partition = look.partitions[p];
    if (partition.replica < 0) return interrupt();
    Seen& seen = current[partition.replica];
    seen.holding += (p + 1) * (p + 7919);
    seen.position += *partition.position;
    seen.waiting += partition.readable.value_or(*partition.end) - *partition.position;
  }
  const double seconds = now - at_;
  if (!seen_.empty() && seconds >= 0 && seconds < kStep) return;
  const bool comparable = !seen_.empty() && seconds > 0 && seconds <= kGap && !look.moving;
  for (auto& [replica, seen] : current) {
    const auto before = seen_.find(replica);
    if (!comparable || before == seen_.end() || before->second.holding != seen.holding) continue;
    const double rate = std::max(0.0, seen.position - before->second.position) / seconds;
    if (std::min(seen.waiting, before->second.waiting) < kPressed * rate || seen.waiting <= 0) {
      if (slow_ && slow_->replica == replica) slow_->rate = std::max(slow_->rate, rate);
      continue;
    }
    const Seen& old = before->second;
    seen.rate = old.pressed_seconds > 0 ? old.rate + kGain * (rate - old.rate) : rate;
    seen.pressed_seconds = old.pressed_seconds + seconds;
  }
  seen_ = std::move(current);
  at_ = now;
  if (usual && seen_.size() > 1) compare(now, *usual);
}

// Where many are slow it is not a replica: their work became slower, or what they share.
void Laggard::compare(double now, double usual) {
  std::size_t slow = 0;
  const std::pair<const int, Seen>* slowest = nullptr;
  for (const auto& entry : seen_) {
    const Seen& seen = entry.second;
    if (seen.pressed_seconds < kProof || seen.rate >= kSlow * usual || seen.rate < kStandstill * usual) continue;
    ++slow;
    if (slowest == nullptr || seen.rate < slowest->second.rate) slowest = &entry;
  }
  if (slowest != nullptr && 2 * slow <= seen_.size()) slow_ = {slowest->first, slowest->second.rate, now + kRemembered};
  if (slow_ && slow_->rate >= kSlow * usual) slow_.reset();
}

}  // namespace tidegate::autoscaler
