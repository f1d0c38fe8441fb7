#include "controllers/autoscaler/stage_figures.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/text.h"

namespace tidegate::autoscaler {
namespace {

constexpr double kCounterStep = 0.9;       // seconds between two readings of rates from counters
constexpr double kCounterGap = 15;         // longer: begin anew
constexpr double kSmoothing = 5;           // seconds
constexpr double kLoadSmoothing = 30;      // seconds
constexpr double kUnreadablePatience = 5;  // seconds: transactions are shorter

bool sound(const Figure& figure) {
  return figure && std::isfinite(*figure) && *figure >= 0;
}

double towards(double from, double to, double seconds, double constant) {
  return from + (to - from) * (1 - std::exp(-seconds / constant));
}

// What a counter grew by; nothing when it is unknown or was reset.
Figure growth(const Figure& before, const Figure& now) {
  if (!sound(before) || !sound(now) || *now < *before) return std::nullopt;
  return *now - *before;
}

}  // namespace

void StageFigures::look(double now, const StageLook& look) {
  unknown_ = unreadable(look);
  if (!unknown_.empty()) {
    // What was followed so far holds: counters go on where they were, and who reads them bounds the gap.
    stuck_since_.reset();
    laggard_.interrupt();
    return;
  }
  unknown_ = contradiction(look);
  if (!unknown_.empty()) {
    // What was followed so far is of no use: these are other counters, or time that says nothing about capacity.
    arrival_.reset();
    counters_.reset();
    unfinished_busy_ = 0;
    loads_at_.reset();
    ends_.clear();
    stuck_since_.reset();
    laggard_.interrupt();
    return;
  }
  if (look.kind == StageKind::source) return;
  read_partitions(now, look);
  read_counters(now, look);
  laggard_.look(now, look, capacity_.of_each(std::max(look.ready, 1)));
  if (unknown_.empty() && !arrival_.known()) unknown_ = "the arrival rate is being measured";
}

std::string StageFigures::unreadable(const StageLook& look) {
  if (look.kind == StageKind::source) {
    return sound(look.bytes_in_flight) ? "" : "its bytes in flight cannot be read";
  }
  if (!look.held_up.empty()) return "";
  if (look.partitions.empty()) return "its partitions are not known";
  for (std::size_t p = 0; p < look.partitions.size(); ++p) {
    const PartitionFigures& seen = look.partitions[p];
    const Figure& readable = seen.readable ? seen.readable : seen.end;
    if (!sound(seen.end) || !sound(seen.position) || !sound(readable))
      return cat("the offsets of partition ", std::to_string(p), " are not known");
  }
  return "";
}

std::string StageFigures::contradiction(const StageLook& look) const {
  if (!look.held_up.empty()) return cat("its workers wait: ", look.held_up);
  for (std::size_t p = 0; p < look.partitions.size(); ++p) {
    const PartitionFigures& seen = look.partitions[p];
    if (*seen.position > *seen.end) return cat("partition ", std::to_string(p), " is read beyond its end");
    if (p < ends_.size() && ends_.size() == look.partitions.size() && *seen.end < ends_[p])
      return cat("the end of partition ", std::to_string(p), " went back");
  }
  return "";
}

void StageFigures::read_partitions(double now, const StageLook& look) {
  const std::size_t count = look.partitions.size();
  if (loads_.size() != count) {  // the first look, or partitions were added
    loads_.resize(count, 0);
    loads_at_.reset();
    arrival_.reset();
  }
  double total = 0, readable = 0, position = 0;
  const double seconds = loads_at_ ? now - *loads_at_ : 0;
  const bool step = loads_at_ && seconds >= kCounterStep;
  if (!loads_at_ || step) {
    for (std::size_t p = 0; p < count; ++p) {
      if (step) loads_[p] = towards(loads_[p], (*look.partitions[p].end - ends_[p]) / seconds, seconds, kLoadSmoothing);
    }
    ends_.resize(count);
    for (std::size_t p = 0; p < count; ++p) ends_[p] = *look.partitions[p].end;
    loads_at_ = now;
  }
  for (const PartitionFigures& seen : look.partitions) {
    total += *seen.end;
    readable += seen.readable ? *seen.readable : *seen.end;
    position += *seen.position;
  }
  arrival_.add(look.read_at.value_or(now), total);
  arrived_ = total;
  backlog_ = std::max(0.0, readable - position);
  // A hung transaction: what arrives cannot be seen by anybody yet, so that no figure of the stage means what it says.
  if (total > readable && readable <= readable_) {
    if (!stuck_since_) stuck_since_ = now;
    if (now - *stuck_since_ > kUnreadablePatience) unknown_ = "a transaction holds back what was appended";
  } else {
    stuck_since_.reset();
  }
  readable_ = readable;
}

void StageFigures::read_counters(double now, const StageLook& look) {
  double position = 0;
  for (const PartitionFigures& seen : look.partitions) position += *seen.position;
  const Counters seen{now, position, look.busy_seconds, look.records_out, look.target_wait_seconds, look.ready};
  if (!counters_ || now < counters_->at || now - counters_->at > kCounterGap || position < counters_->position) {
    counters_ = seen;
    return;
  }
  const double seconds = now - counters_->at;
  if (seconds < kCounterStep) return;
  const double records = position - counters_->position;
  taken_in_ = towards(taken_in_, records / seconds, seconds, kSmoothing);
  if (const Figure busy = growth(counters_->busy, look.busy_seconds)) {
    const int working = std::max({counters_->ready, look.ready, 1});
    const double used = std::min(1.0, *busy / (seconds * working));
    utilisation_ = utilisation_ ? towards(*utilisation_, used, seconds, kSmoothing) : used;
    if (look.moving || counters_->ready != look.ready || look.ready == 0) {
      unfinished_busy_ = 0;
    } else {
      unfinished_busy_ += std::min(*busy, seconds * working);
      // Without a record the work is not finished, or not finishing: it says nothing about capacity yet.
      if (records > 0) capacity_.add(look.ready, records, std::exchange(unfinished_busy_, 0));
    }
    if (const Figure wait = growth(counters_->wait, look.target_wait_seconds); wait && *busy > 0) {
      target_share_ = towards(target_share_, std::min(1.0, *wait / *busy), std::min(*busy, seconds), kSmoothing);
    }
  }
  if (const Figure out = growth(counters_->out, look.records_out); out && records > 0) {
    // A window sends on in bursts: only their average says how much it lets through.
    const double constant = std::max(kSmoothing, 2 * look.window_seconds);
    selectivity_ = selectivity_ ? towards(*selectivity_, *out / records, seconds, constant) : *out / records;
  }
  counters_ = seen;
}

}  // namespace tidegate::autoscaler
