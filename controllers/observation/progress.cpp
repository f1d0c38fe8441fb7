#include "controllers/observation/progress.h"

#include <algorithm>

#include "common/base/text.h"

namespace tidegate::controllers {
namespace {

constexpr Duration rate_span{15'000};
constexpr Duration rate_least_span{4'000};
constexpr Duration moving_span{5'000};
constexpr std::size_t max_ends = 256;  // per partition

Duration since(SteadyTime then, SteadyTime now) {
  return std::chrono::duration_cast<Duration>(now - then);
}

}  // namespace

void Rate::add(SteadyTime at, std::int64_t total) {
  if (!samples_.empty() && total < samples_.back().second) samples_.clear();  // the counter began anew
  samples_.emplace_back(at, total);
  while (samples_.size() > 2 && since(samples_[1].first, at) >= rate_span) samples_.pop_front();
}

std::optional<double> Rate::value() const {
  if (samples_.empty()) return std::nullopt;
  const Duration span = since(samples_.front().first, samples_.back().first);
  if (span < rate_least_span) return std::nullopt;
  return static_cast<double>(samples_.back().second - samples_.front().second) * 1000.0 /
         static_cast<double>(span.count());
}

std::string outline(const StageFigures& figures) {
  return cat(figures.known ? "k" : "", figures.started ? "s" : "", figures.standing >= kStandsStill ? "!" : "",
             figures.silent >= kGoneSilent ? "?" : "", figures.moving || figures.lag_records.value_or(0) > 0 ? "m" : "",
             figures.waiting ? "w" + figures.problem : "", figures.unread.empty() ? "" : "u");
}

void StageProgress::remember_end(Partition& partition, std::int64_t end, SteadyTime now) {
  auto& ends = partition.ends;
  if (ends.empty()) partition.spacing = Duration{0};
  // Joined with an earlier end, records seem older than they are, by at most the spacing; never younger.
  if (!ends.empty() && since(ends.back().second, now) < partition.spacing) {
    ends.back().first = end;
    return;
  }
  ends.emplace_back(end, now);
  if (ends.size() <= max_ends) return;
  std::deque<std::pair<std::int64_t, SteadyTime>> joined;
  for (std::size_t i = 0; i < ends.size(); i += 2) {
    joined.emplace_back(ends[std::min(i + 1, ends.size() - 1)].first, ends[i].second);
  }
  ends = std::move(joined);
  partition.spacing = 2 * std::max(partition.spacing, Duration{1'000});
}

void StageProgress::pass_end(Partition& partition, std::int64_t end, SteadyTime now) {
  if (partition.stable < 0)
    partition.aged_from = end;  // since when these records wait nobody knows
  else if (end > partition.stable)
    remember_end(partition, end, now);
  if (end == partition.stable) return;
  // Records begin to wait now: time without any does not count as standing still.
  if (partition.position >= partition.stable) partition.moved = now;
  partition.stable = end;
}

std::int64_t StageProgress::position_of(const kafka::CommittedOffset& committed,
                                        const Result<kafka::CommitMetadata>& report,
                                        const kafka::LogOffsets& log) const {
  if (fills_) return -1;
  // A windowed stage commits where it would have to begin again, which is not how far it is.
  if (committed.offset >= 0) return report && !report->windows.empty() ? report->position : committed.offset;
  if (start_ == crds::Start::earliest || log.start == log.end) return log.start;
  return -1;
}

void StageProgress::observe_log(SteadyTime now, const std::vector<kafka::LogOffsets>& log) {
  if (partitions_.size() < log.size()) partitions_.resize(log.size());
  for (std::size_t i = 0; i < log.size(); ++i) {
    partitions_[i].start = log[i].start;
    partitions_[i].end = log[i].end;
    partitions_[i].beyond = partitions_[i].position > log[i].stable;
    pass_end(partitions_[i], log[i].stable, now);
  }
  log_read_ = now;
}

void StageProgress::observe(SteadyTime now, bool active, const std::vector<kafka::LogOffsets>& log,
                            const std::vector<kafka::CommittedOffset>& committed) {
  const std::size_t before = partitions_.size();
  observe_log(now, log);
  std::int64_t in = 0, out = 0;
  for (std::size_t i = 0; i < std::min(committed.size(), log.size()); ++i) {
    Partition& partition = partitions_[i];
    auto report = kafka::CommitMetadata::decode(committed[i].metadata);
    const std::int64_t position = position_of(committed[i], report, log[i]);
    const bool fresh = i >= before || !known_ || !active;
    if (position != partition.position) {
      if (!fresh && partition.position >= 0) {
        last_moved_ = now;
        ever_moved_ = true;
      }
      partition.moved = now;
      partition.position = position;
    }
    if (committed[i].metadata != partition.metadata || (committed[i].offset >= 0) != partition.committed)
      partition.heard = now;
    if (fresh) partition.moved = partition.heard = now;
    partition.committed = committed[i].offset >= 0;
    partition.metadata = committed[i].metadata;
    partition.legible = report.ok();
    if (report) partition.report = *std::move(report);
    while (!partition.ends.empty() && partition.ends.front().first <= partition.position) partition.ends.pop_front();
    in += partition.report.records_in;
    out += partition.report.records_out;
  }
  in_.add(now, in);
  out_.add(now, out);
  known_ = true;
  commits_read_ = now;
}

void StageProgress::pause(SteadyTime now) {
  for (Partition& partition : partitions_) partition.moved = partition.heard = now;
}

StageFigures StageProgress::figures(SteadyTime now) const {
  StageFigures out;
  out.known = known_;
  if (!known_) return out;
  std::int64_t lag = 0, dead_letters = 0;
  double oldest = 0;
  bool lag_known = true, age_known = true;
  for (const Partition& partition : partitions_) {
    const std::int64_t waiting =
        partition.position < 0 ? 0 : std::max<std::int64_t>(0, partition.stable - partition.position);
    if (partition.position < 0) lag_known = age_known = false;
    lag += waiting;
    if (waiting > 0) {
      out.standing = std::max(out.standing, since(partition.moved, now));
      if (partition.position < partition.aged_from || partition.ends.empty())
        age_known = false;
      else
        oldest = std::max(oldest, static_cast<double>(since(partition.ends.front().second, now).count()) / 1000.0);
    }
    if (partition.committed) out.silent = std::max(out.silent, since(partition.heard, now));
    out.started |= partition.committed;
    dead_letters += partition.report.dead_letters;
    if (partition.report.waiting && !out.waiting) {
      out.waiting = true;
      out.problem = partition.report.problem;
    }
  }
  if (lag_known) out.lag_records = lag;
  if (age_known) out.lag_seconds = oldest;
  if (out.started) out.dead_letters = dead_letters;
  out.rate_in = in_.value();
  out.rate_out = out_.value();
  out.moving = ever_moved_ && since(last_moved_, now) < moving_span;
  return out;
}

}  // namespace tidegate::controllers
