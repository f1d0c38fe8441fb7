#include "controllers/health/selectivity.h"

#include <algorithm>
#include <cmath>

namespace tidegate::health {
namespace {

constexpr Duration kFade{10'000};
constexpr double kMemory = 360;  // times kFade
constexpr std::size_t kMostDeltas = 512;

}  // namespace

std::optional<double> Selectivity::usual() const {
  return learned_ && in_ > 0 ? std::optional(out_ / in_) : std::nullopt;
}

std::optional<WallTime> Selectivity::since() const {
  return began_ ? std::optional(began_->wall) : std::nullopt;
}

double Selectivity::needed() const {
  return std::max(kDue, 2 * longest_drought_);
}

void Selectivity::learn(const Delta& delta, SteadyTime now) {
  in_ += delta.in;
  out_ += delta.out;
  if (now - faded_ < kFade) return;
  faded_ = now;
  in_ *= 1 - 1 / kMemory;
  out_ *= 1 - 1 / kMemory;
}

// Outputs are rare: the room is bounded, and the window becomes coarser.
void Selectivity::join_pairs() {
  std::deque<Delta> joined;
  for (std::size_t i = 0; i < recent_.size(); i += 2) {
    Delta pair = recent_[i];
    if (i + 1 < recent_.size()) pair = {pair.in + recent_[i + 1].in, pair.out + recent_[i + 1].out};
    joined.push_back(pair);
  }
  recent_ = std::move(joined);
}

void Selectivity::add(const Instant& now, std::int64_t in, std::int64_t out) {
  if (in <= 0 && out <= 0) return;  // no input: nothing is due
  const Delta delta{static_cast<double>(in), static_cast<double>(out)};
  if (!began_) began_ = now;
  if (!learned_) {
    learn(delta, now.steady);
    learned_ = out_ >= kLearnOutputs && now.steady - began_->steady >= kLearnTime;
    return;
  }
  const double usual = out_ / in_;
  recent_.push_back(delta);
  recent_in_ += delta.in;
  if (raised_) {
    due_ += delta.in * usual;
    come_ += delta.out;
  } else if (delta.out > 0) {
    longest_drought_ = std::max(longest_drought_ * (1 - 1e-4), drought_);
    drought_ = 0;
  } else {
    drought_ += delta.in * usual;
  }
  // The newest records for which enough outputs were due.
  Delta window;
  for (auto item = recent_.rbegin(); item != recent_.rend() && window.in * usual < needed(); ++item) {
    window.in += item->in;
    window.out += item->out;
  }
  const double share = window.out / std::max(1e-9, window.in * usual);
  const bool enough = window.in * usual >= needed();
  if (!raised_ && enough && share < kCollapsed) {
    raised_ = true;
    due_ = window.in * usual;
    come_ = window.out;
  } else if (raised_ && enough && share >= kRestored) {
    raised_ = false;
    drought_ = 0;
    recent_.clear();  // neither sound nor sick as a whole: not learned
    recent_in_ = 0;
  }
  while (recent_.size() > 1 && (recent_in_ - recent_.front().in) * usual >= 2 * needed()) {
    if (!raised_) learn(recent_.front(), now.steady);
    recent_in_ -= recent_.front().in;
    recent_.pop_front();
  }
  if (recent_.size() > kMostDeltas) join_pairs();
}

Json Selectivity::kept() const {
  if (!learned_) return {};
  return Json::object({{"in", std::round(in_)},
                       {"out", std::round(out_)},
                       {"drought", std::round(longest_drought_)},
                       {"since", to_rfc3339(began_->wall)}});
}

void Selectivity::keep(const Json& kept) {
  in_ = kept.at("in").as_double();
  out_ = kept.at("out").as_double();
  const auto since = parse_rfc3339(kept.at("since").as_string());
  if (in_ <= 0 || out_ < kLearnOutputs || !since) {
    in_ = out_ = 0;
    return;
  }
  longest_drought_ = std::max(0.0, kept.at("drought").as_double());
  began_ = Instant{SteadyTime{}, *since};
  learned_ = true;
}

}  // namespace tidegate::health
