#include "bench/autoscale/model/data_plane.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tidegate::bench {

namespace {

double efficiency(const Setting& setting, int replicas) {
  return setting.per_doubling == 1 ? 1 : std::pow(setting.per_doubling, std::log2(replicas));
}

}  // namespace

double even_capacity(const Setting& setting, int replicas) {
  const int useful = std::clamp(replicas, 1, setting.partitions);
  const int most = (setting.partitions + useful - 1) / useful;  // partitions of the fullest replica
  return setting.capacity * efficiency(setting, useful) * setting.partitions / most;
}

int replicas_for(const Setting& setting, double rate) {
  for (int r = 1; r < setting.max; ++r)
    if (even_capacity(setting, r) >= rate) return r;
  return setting.max;
}

DataPlane::DataPlane(const Setting& setting, int replicas) : setting_(setting) {
  const auto partitions = static_cast<std::size_t>(setting.partitions);
  owner_.assign(partitions, -1);
  partition_paused_until_.assign(partitions, 0);
  oldest_.assign(partitions, 0);
  rate_ = end_ = position_ = before_ = committed_ = std::vector<double>(partitions, 0);
  asked_ = std::clamp(replicas, 1, setting.max);
  ready_at_.assign(static_cast<std::size_t>(asked_), 0);
  assign(asked_);
  partition_paused_until_.assign(partitions, 0);
  paused_until_ = 0;
}

void DataPlane::request(int replicas) {
  replicas = std::clamp(replicas, 1, setting_.max);
  if (replicas == asked_) return;
  if (setting_.rebalance == Rebalance::restart) {
    restarting_ = true;
    restart_done_ = now_ + (replicas > asked_ ? setting_.restart_up : setting_.restart_down);
    paused_until_ = restart_done_;
  }
  asked_ = replicas;
  ready_at_.resize(static_cast<std::size_t>(replicas), now_ + setting_.start_up);
}

void DataPlane::admit() {
  if (setting_.rebalance == Rebalance::restart) {
    if (restarting_ && now_ >= restart_done_) {
      restarting_ = false;
      assign(asked_);
    }
    return;
  }
  const auto members =
      static_cast<int>(std::count_if(ready_at_.begin(), ready_at_.end(), [&](int at) { return at <= now_; }));
  if (members != ready_) assign(members);
}

// Sticky and even by count, as Kafka's cooperative-sticky assignor: nothing moves that need not.
void DataPlane::assign(int members) {
  ready_ = members;
  utilisation_.assign(static_cast<std::size_t>(members), 0);
  owned_.resize(static_cast<std::size_t>(members));
  const int partitions = setting_.partitions;
  const int least = partitions / members;
  int fuller = partitions % members;  // how many replicas hold one more than the least
  std::vector<int> homeless;
  std::vector<bool> assigned(static_cast<std::size_t>(partitions), false);
  for (auto& mine : owned_) {
    const bool full = static_cast<int>(mine.size()) > least && fuller > 0;
    if (full) --fuller;
    mine.resize(std::min(mine.size(), static_cast<std::size_t>(least + (full ? 1 : 0))));
    for (const int p : mine) assigned[static_cast<std::size_t>(p)] = true;
  }
  for (int p = 0; p < partitions; ++p)
    if (!assigned[static_cast<std::size_t>(p)]) homeless.push_back(p);
  for (std::size_t replica = 0; replica < owned_.size(); ++replica) {
    auto& mine = owned_[replica];
    const bool room = static_cast<int>(mine.size()) <= least && fuller > 0;
    const int size = least + (room ? 1 : 0);
    if (room) --fuller;
    while (static_cast<int>(mine.size()) < size && !homeless.empty()) {
      const auto p = static_cast<std::size_t>(homeless.back());
      homeless.pop_back();
      mine.push_back(static_cast<int>(p));
      owner_[p] = static_cast<int>(replica);
      partition_paused_until_[p] = now_ + setting_.cooperative_pause;
      moved_load_ += rate_[p] / setting_.capacity;
    }
  }
  if (setting_.rebalance == Rebalance::eager) paused_until_ = now_ + setting_.eager_pause;
  if (setting_.rebalance == Rebalance::cooperative) paused_until_ = now_ + setting_.cooperative_pause;
}

double DataPlane::replica_capacity(int replica) const {
  const double base = setting_.capacity * efficiency(setting_, std::min(ready_, setting_.partitions));
  return replica == 0 ? base * setting_.slow_replica : base;
}

void DataPlane::step(const std::vector<double>& arrivals) {
  admit();
  before_ = position_;
  for (std::size_t p = 0; p < end_.size(); ++p) {
    rate_[p] = arrivals[p];
    end_[p] += arrivals[p];
  }
  serve();
  ++now_;
  remember();
  commit();
  look_at_age();
}

// Rows that are older than every waiting record are dropped now and then.
void DataPlane::remember() {
  history_.insert(history_.end(), end_.begin(), end_.end());
  constexpr std::size_t kKept = 1024;
  const std::size_t oldest = *std::min_element(oldest_.begin(), oldest_.end());
  if (oldest < dropped_ + kKept) return;
  const std::size_t rows = oldest - 1 - dropped_;  // the row before the oldest is still needed
  history_.erase(history_.begin(), history_.begin() + static_cast<std::ptrdiff_t>(rows * end_.size()));
  dropped_ += rows;
}

void DataPlane::serve() {
  std::fill(utilisation_.begin(), utilisation_.end(), 0);
  if (restarting_) return;
  if (setting_.rebalance == Rebalance::eager && now_ < paused_until_) return;
  for (int replica = 0; replica < ready_; ++replica) serve_replica(replica);
}

// Fetches go round the partitions, so one with little gets all it has and the others share the rest evenly.
void DataPlane::serve_replica(int replica) {
  const double capacity = replica_capacity(replica);
  hungry_.clear();
  double wanted = 0;
  for (const int p : owned_[static_cast<std::size_t>(replica)]) {
    const auto i = static_cast<std::size_t>(p);
    if (setting_.rebalance == Rebalance::cooperative && now_ < partition_paused_until_[i]) continue;
    hungry_.push_back(i);
    wanted += end_[i] - position_[i];
  }
  const double served = std::min(wanted, capacity);
  if (wanted <= capacity) {
    for (const std::size_t p : hungry_) position_[p] = end_[p];
  } else {
    std::sort(hungry_.begin(), hungry_.end(),
              [&](std::size_t a, std::size_t b) { return end_[a] - position_[a] < end_[b] - position_[b]; });
    double left = capacity;
    auto sharing = static_cast<double>(hungry_.size());
    for (const std::size_t p : hungry_) {
      const double share = left / sharing--;
      const double waiting = end_[p] - position_[p];
      left -= std::min(waiting, share);
      position_[p] = waiting <= share ? end_[p] : position_[p] + share;  // no rounding left over
    }
  }
  processed_ += served;
  utilisation_[static_cast<std::size_t>(replica)] = served / capacity;
  busy_seconds_ += served / capacity;
}

// Partition p commits every commit_interval seconds, at a phase of its own.
void DataPlane::commit() {
  const double interval = setting_.commit_interval, partitions = static_cast<double>(committed_.size());
  const double from = now_ - 1 - std::floor((now_ - 1) / interval) * interval;  // this second is (from, from + 1]
  for (std::size_t p = 0; p < committed_.size(); ++p) {
    double after = interval * static_cast<double>(p) / partitions - from;  // seconds into this one
    while (after <= 0) after += interval;
    while (after + interval <= 1) after += interval;  // the last commit of this second is what is seen at its end
    if (after <= 1) committed_[p] = before_[p] + (position_[p] - before_[p]) * after;
  }
}

void DataPlane::look_at_age() {
  age_ = 0;
  const std::size_t partitions = end_.size();
  for (std::size_t p = 0; p < partitions; ++p) {
    const double at = position_[p];
    if (at >= end_[p]) {
      oldest_[p] = static_cast<std::size_t>(now_);
      continue;
    }
    std::size_t& row = oldest_[p];
    const auto end_of = [&](std::size_t second) { return history_[(second - dropped_) * partitions + p]; };
    while (end_of(row) <= at) ++row;
    const double until = end_of(row);
    const double from = row == 0 ? 0 : end_of(row - 1);
    const double arrived = static_cast<double>(row) + (at - from) / (until - from);
    age_ = std::max(age_, now_ - arrived);
  }
}

double DataPlane::backlog() const {
  return std::accumulate(end_.begin(), end_.end(), 0.0) - std::accumulate(position_.begin(), position_.end(), 0.0);
}

}  // namespace tidegate::bench
