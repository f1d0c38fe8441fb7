#include "controllers/health/surge.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "common/base/text.h"

namespace tidegate::health {
namespace {

constexpr Duration kWindow{10'000};
constexpr std::int64_t kWindowRecords = 100;
constexpr double kMostWindows = 360;  // windows: an hour of steady flow
constexpr double kAlways = 0.97;      // a field that is hardly ever given cannot disappear
constexpr Duration kSilence{60'000};
constexpr std::int64_t kSilentRecords = 20;

}  // namespace

bool Surge::learned() const {
  return taught_ || (learned_records_ >= kLearnRecords && windows_ > 0);
}

std::optional<WallTime> Surge::since() const {
  return began_ ? std::optional(began_->wall) : std::nullopt;
}

double Surge::share() const {
  return tested_ == 0 ? 0 : static_cast<double>(tested_marked_) / static_cast<double>(tested_);
}

void Surge::add(const Instant& now, std::int64_t records, std::int64_t marked) {
  marked = std::clamp<std::int64_t>(marked, 0, records);
  if (!began_) began_ = now;
  if (window_began_ == SteadyTime{}) window_began_ = now.steady;
  if (learned()) test(now, records, marked);
  // What looks like a jump is not learned.
  if (raised_ || sum_ > kLimit / 2) {
    window_records_ = window_marked_ = 0;
    window_began_ = now.steady;
  } else {
    learn(now, records, marked);
  }
}

void Surge::learn(const Instant& now, std::int64_t records, std::int64_t marked) {
  window_records_ += records;
  window_marked_ += marked;
  const bool first = windows_ == 0;
  if (now.steady - window_began_ < (first ? kLearnTime : kWindow)) return;
  if (window_records_ < (first ? kLearnRecords : kWindowRecords)) return;
  const double share = static_cast<double>(window_marked_) / static_cast<double>(window_records_);
  windows_ = std::min(windows_ + 1, kMostWindows);
  usual_ += (share - usual_) / windows_;
  highest_ = std::max(share, highest_ - (highest_ - usual_) / kMostWindows);
  learned_records_ += window_records_;
  window_records_ = window_marked_ = 0;
  window_began_ = now.steady;
}

void Surge::test(const Instant& now, std::int64_t records, std::int64_t marked) {
  const double p0 = std::clamp(highest_, tuning_.floor, tuning_.ceiling);
  if (p0 > kAlways) return;
  const double p1 = std::min(p0 * tuning_.factor, (1 + p0) / 2);
  sum_ += static_cast<double>(marked) * std::log(p1 / p0) +
          static_cast<double>(records - marked) * std::log((1 - p1) / (1 - p0));
  sum_ = std::clamp(sum_, 0.0, 2 * kLimit);
  since_marked_ += records;
  if (marked > 0) {
    marked_at_ = now.steady;
    since_marked_ = 0;
  }
  const bool silent =
      now.steady - marked_at_ >= kSilence && (tuning_.ends_by_silence || since_marked_ >= kSilentRecords);
  if (silent) sum_ = 0;
  if (sum_ <= 0) {
    tested_ = tested_marked_ = 0;
    raised_ = false;
    return;
  }
  tested_ += records;
  tested_marked_ += marked;
  if (sum_ >= kLimit && tested_marked_ >= tuning_.least) raised_ = true;
}

Json Surge::kept() const {
  if (!learned()) return {};
  return Json::object({{"share", std::round(usual_ * 1e4) / 1e4},
                       {"highest", std::round(highest_ * 1e4) / 1e4},
                       {"windows", static_cast<std::int64_t>(windows_)},
                       {"since", to_rfc3339(began_->wall)}});
}

void Surge::keep(const Json& kept) {
  const auto since = parse_rfc3339(kept.at("since").as_string());
  if (!kept.at("share").is_number() || !since) return;
  usual_ = std::clamp(kept.at("share").as_double(), 0.0, 1.0);
  highest_ = std::clamp(kept.at("highest").as_double(), usual_, 1.0);
  windows_ = std::clamp(kept.at("windows").as_double(), 1.0, kMostWindows);
  began_ = Instant{SteadyTime{}, *since};
  taught_ = true;
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, share >= 0.095 || share == 0 ? "%.0f %%" : "%.2g %%", share * 100);
  return text;
}

std::string learned_text(const Surge& surge) {
  return cat("learned ", percent(surge.usual()), surge.since() ? cat(" since ", to_rfc3339(*surge.since())) : "");
}

}  // namespace tidegate::health
