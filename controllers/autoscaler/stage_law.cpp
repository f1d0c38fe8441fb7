#include "controllers/autoscaler/stage_law.h"

#include <algorithm>
#include <cmath>

#include "controllers/autoscaler/explain.h"
#include "controllers/autoscaler/tuning.h"

namespace tidegate::autoscaler {

using namespace tuning;

void StageLaw::look(double now, const StageLook& look) {
  figures_.look(now, look);
  if (!figures_.unknown().empty()) {
    idle_since_.reset();  // nobody knows whether it was
    if (!unknown_since_) unknown_since_ = now;
    steady_since_.reset();
    mean_.reset();
    needs_.clear();
    return;
  }
  unknown_since_.reset();
  if (!steady_since_) steady_since_ = now;
  const double unevenness = spread_.unevenness();
  spread_ = Spread(look.kind == StageKind::source ? std::vector<double>() : figures_.loads());
  spread_.keep_unevenness(unevenness);
  if (look.kind == StageKind::source || look.moving) return;
  std::vector<int> holders(look.partitions.size());
  for (std::size_t p = 0; p < holders.size(); ++p) holders[p] = look.partitions[p].replica;
  spread_.observe(figures_.loads(), holders);
}

// Records per second that `replicas` take in together: the busiest one is the limit.
Figure StageLaw::capacity(int replicas) const {
  if (replicas < 1) return 0;
  const Figure each = figures_.capacity().of_each(std::min(replicas, spread_.most_useful()));
  if (!each) return std::nullopt;
  const double able = *each / spread_.busiest(replicas);
  const Figure slowest = figures_.laggard().rate();
  return slowest && !beyond_help_ ? std::min(able, *slowest / spread_.even(replicas)) : able;
}

double StageLaw::output(int replicas) const {
  if (!figures_.unknown().empty()) return 0;
  const Figure able = capacity(replicas);
  const double arriving = figures_.arrival().ahead(start_up_);
  const double clearing = figures_.backlog() > arriving ? figures_.backlog() / kRelief : 0;
  const double taken = std::min(able ? *able : arriving, arriving + clearing);
  return taken * figures_.selectivity().value_or(1);
}

void StageLaw::follow_mean(double now, double period) {
  if (!mean_) mean_ = Mean{now, figures_.arrived(), std::nullopt};
  if (now - mean_->since < period) return;
  mean_ = Mean{now, figures_.arrived(), (figures_.arrived() - mean_->arrived) / (now - mean_->since)};
}

// What comes at once is to be through within the budget; the rate of a burst says nothing about the seconds after it.
StageLaw::Need StageLaw::need_of_bursts(const Demand& demand) const {
  Need need;
  need.forecast = mean_->rate.value_or(figures_.taken_in());
  need.backlog = std::max(0.0, figures_.backlog() / (kBurstBudget * demand.budget_seconds) - need.forecast);
  need.total = std::max(need.forecast + need.backlog, demand.throughput);
  return need;
}

StageLaw::Need StageLaw::need(double now, const StageLook& look, const Demand& demand) const {
  if (demand.burst_period > 0) return need_of_bursts(demand);
  Need need;
  need.forecast = std::max(figures_.arrival().ahead(start_up_ + kLead), demand.upstream);
  const double arriving = std::max(figures_.arrival().level(), demand.upstream);
  double wait = start_up_;  // until more replicas could work
  if (trial_ && !trial_->ready_at) wait = std::max(1.0, start_up_ - (now - trial_->asked_at));
  const double able = capacity(std::max(look.ready, 1)).value_or(arriving);
  const double waiting = std::max(0.0, figures_.backlog() + (arriving - able) * wait);
  const double harmless = kHarmless * demand.budget_seconds * need.forecast;
  need.backlog = std::max(0.0, waiting - harmless) / std::max(kShortestRecovery, kRecovery * start_up_);
  need.total = std::max(need.forecast + need.backlog, demand.throughput);
  return need;
}

// Afterwards the front is the most that was needed in the last `window` seconds.
void StageLaw::remember_need(double now, double need, double window) {
  while (!needs_.empty() && needs_.back().second <= need) needs_.pop_back();
  needs_.emplace_back(now, need);
  while (needs_.front().first < now - window) needs_.pop_front();
}

// The smallest useful count up to `ceiling` that takes that rate in; `ceiling` when none does.
int StageLaw::count_for(const StageLook& look, double rate, int ceiling) const {
  for (int count = std::max(look.limits.min, 1); count < ceiling; ++count) {
    if (capacity(count).value_or(0) >= rate) return count;
  }
  // Not enough: the smallest count that does as much as the ceiling.
  int count = std::max(1, ceiling);
  const double best = capacity(count).value_or(0) * (1 - kUseless);
  while (count > std::max(look.limits.min, 1) && capacity(count - 1).value_or(0) >= best) --count;
  return count;
}

// The highest count that may be asked for, and what makes it so.
int StageLaw::ceiling(const StageLook& look, double now, Decision& decision) const {
  int most = look.limits.max;
  decision.clamps.clear();
  if (spread_.most_useful() < most) {
    most = spread_.most_useful();
    decision.clamps.push_back("Partitions");
  } else {
    decision.clamps.push_back("Max");
  }
  if (knee_ && now < knee_->until && knee_->replicas < most) {
    most = std::max(knee_->replicas, look.limits.min);
    decision.clamps.push_back(knee_->target ? "SinkLimited" : "Knee");
  }
  if (look.unschedulable > 0 && look.replicas < most) {
    most = look.replicas;
    decision.clamps.push_back("Unschedulable");
  }
  return std::max(most, 1);
}

Decision StageLaw::decide(double now, const StageLook& look, const Demand& demand) {
  Decision decision;
  decision.stage = look.name;
  decision.from = decision.to = decision.recommended = look.replicas;
  decision.surprised = !unknown_since_ && figures_.arrival().surprised();
  if (unknown_since_) {
    decision.unknown_seconds = now - *unknown_since_;
    decision.unknown_too_long = *decision.unknown_seconds > kUnknownPatience;
    hold(decision, "Unknown", "replicas are kept because " + figures_.unknown());
  } else if (look.kind == StageKind::source) {
    decide_source(now, look, decision);
  } else {
    decide_consumer(now, look, demand, decision);
  }
  bound(look, decision);
  return decision;
}

void StageLaw::decide_consumer(double now, const StageLook& look, const Demand& demand, Decision& decision) {
  hold_ = std::clamp(kHoldBursts * demand.burst_period, kHold, kLongestHold);
  if (demand.burst_period > 0) follow_mean(now, demand.burst_period);
  const Need need = this->need(now, look, demand);
  remember_need(now, need.total, hold_);

  const int most = ceiling(look, now, decision);
  // A replica so slow that no count takes enough off it is left to whoever can replace it.
  const Figure slowest = figures_.laggard().rate();
  beyond_help_ = slowest && *slowest / spread_.even(most) < needs_.front().second;
  const Figure able = capacity(std::max(look.replicas, 1));
  decision.terms = {{"arrival", figures_.arrival().level()},
                    {"trend", figures_.arrival().trend()},
                    {"upstream", demand.upstream},
                    {"forecast", need.forecast},
                    {"backlog", figures_.backlog()},
                    {"backlogNeed", need.backlog},
                    {"need", need.total},
                    {"needOfHoldWindow", needs_.front().second},
                    {"capacityPerReplica", figures_.capacity().of_each(std::max(look.replicas, 1))},
                    {"capacity", able},
                    {"slowestReplica", slowest},
                    {"utilisation", figures_.utilisation()},
                    {"startUpSeconds", start_up_},
                    {"budgetSeconds", demand.budget_seconds}};
  if (from_zero(now, look, decision)) return;
  if (!able) {
    decision.clamps.clear();
    return hold(decision, "WarmingUp", "replicas are kept until the stage has worked long enough to know its capacity");
  }
  const double capacity_of_one = *figures_.capacity().of_each(std::max(look.replicas, 1));
  if (judge_trial(now, look, decision)) return;

  const int wanted = count_for(look, need.total * kReserve, most);
  const double lasting = std::max(need.forecast, demand.throughput) * kReserve;  // a backlog passes
  if (capacity(most).value_or(0) < lasting) {
    advise(look, lasting, decision);
  } else {
    decision.clamps.clear();
  }
  if (slowest && decision.advice.empty()) {
    decision.advice = advise_laggard(figures_.laggard().replica(), *slowest, capacity_of_one);
  }
  if (wanted > look.replicas && *able < need.total * kReserve) {
    if (const char* reason = wait_with_step_out(look, need, *able)) {
      return hold(decision, "Moving", reason);
    }
    return step_out(now, look, wanted, need.total, decision);
  }
  if (!step_in(now, look, demand, decision)) {
    if (decision.clamps.empty() || decision.advice.empty()) return explain_steady(decision);
    return explain_limited(decision, look);
  }
}

// One change in flight, unless it turns out to be far too small. Why not now; null: now.
const char* StageLaw::wait_with_step_out(const StageLook& look, const Need& need, double able) const {
  if (figures_.arrival().surprised()) return "replicas are kept until a change of the rate is confirmed";
  if (look.moving && able * kCorrection > need.total) return "replicas are kept until the last change is done";
  if (trial_ && trial_->planned * kCorrection > need.forecast) {
    return "replicas are kept until it is seen what the last step up brings";
  }
  return nullptr;
}

void StageLaw::step_out(double now, const StageLook& look, int to, double planned, Decision& decision) {
  decision.to = to;
  explain_out(decision);
  const double gain = capacity(to).value_or(0) - capacity(std::max(look.replicas, 1)).value_or(0);
  trial_ = Trial{look.replicas, to, now, std::nullopt, planned, gain};
}

// Judges the last step up once its replicas have worked for a while; true when it decided.
bool StageLaw::judge_trial(double now, const StageLook& look, Decision& decision) {
  if (!trial_) return false;
  if (look.replicas < trial_->to) {  // somebody else decided
    trial_.reset();
    return false;
  }
  if (!trial_->ready_at) {
    trial_->saturated = trial_->saturated || figures_.utilisation().value_or(0) >= kSaturated;
    trial_->rate_before = std::max(trial_->rate_before, figures_.taken_in());
    if (look.ready < trial_->to) {
      // A straggler must not keep the stage from deciding for ever. If no pod came, more of them would not either.
      if (look.ready > trial_->from && now - trial_->asked_at > kLongestStartUp) trial_.reset();
      return false;
    }
    trial_->ready_at = now;
    start_up_ += kStartUpGain * (std::clamp(now - trial_->asked_at, 1.0, kLongestStartUp) - start_up_);
  }
  if (now - *trial_->ready_at < kProbation || look.moving) return false;
  const Trial trial = *trial_;
  trial_.reset();
  const bool saturated = figures_.utilisation().value_or(0) >= kSaturated && figures_.backlog() > 0;
  const double gain = figures_.taken_in() - trial.rate_before;
  if (!trial.saturated || !saturated || gain >= kLeastGain * trial.promised) return false;
  const bool target = look.kind == StageKind::sink && figures_.target_share() >= kTargetLimited;
  knee_ = Knee{trial.from, now + kKneeMemory, target};
  decision.to = std::max(trial.from, std::max(look.limits.min, 1));
  explain_undone(decision, gain, trial.promised, target);
  return true;
}

// The fewest replicas that would have been enough throughout the hold window; true when it decided.
bool StageLaw::step_in(double now, const StageLook& look, const Demand& demand, Decision& decision) {
  if (look.moving || look.replicas <= std::max(look.limits.min, 1)) return false;
  if (now - *steady_since_ < hold_) return false;
  if (figures_.backlog() > kHarmless * demand.budget_seconds * std::max(1.0, figures_.arrival().level())) return false;
  const double most = needs_.front().second / kUtilisation;
  const int fewest = count_for(look, most, look.replicas);
  if (fewest >= look.replicas) return false;
  // Not worth the standstill of what moves.
  if (look.replicas - fewest < kLeastStepIn * look.replicas) return false;
  decision.to = fewest;
  trial_.reset();
  explain_in(decision);
  return true;
}

// Standing empty is opted for with min 0; true when it decided.
bool StageLaw::from_zero(double now, const StageLook& look, Decision& decision) {
  const bool quiet = figures_.backlog() == 0 && figures_.arrival().level() == 0;
  if (!quiet) idle_since_.reset();
  if (quiet && !idle_since_) idle_since_ = now;
  if (look.replicas == 0) {
    decision.clamps.clear();
    if (look.limits.min > 0 || !quiet) {
      const int enough = count_for(look, needs_.back().second * kReserve, std::max(1, look.limits.max));
      decision.to = capacity(1) ? std::max(1, enough) : std::max(1, look.limits.min);
      hold(decision, "Woken", "records arrive and nobody takes them");
    } else {
      hold(decision, "Idle", "no record has arrived since the stage was put to sleep");
    }
    return true;
  }
  if (look.limits.min > 0 || !quiet || look.moving || now - *idle_since_ < kIdleBeforeZero) return false;
  decision.clamps.clear();
  decision.to = 0;
  hold(decision, "Idle", "no record arrived for " + seconds_text(now - *idle_since_) + ": the stage is put to sleep");
  return true;
}

// Bytes in flight are what clients wait for: half of what a replica may hold is a good load.
void StageLaw::decide_source(double now, const StageLook& look, Decision& decision) {
  const double bytes = *look.bytes_in_flight;
  const double needed = look.bytes_per_replica > 0 ? bytes / (kIntakeLoad * look.bytes_per_replica) : 0;
  remember_need(now, needed, kHold);
  decision.terms = {{"bytesInFlight", bytes},
                    {"bytesPerReplica", look.bytes_per_replica},
                    {"need", needed},
                    {"needOfHoldWindow", needs_.front().second}};
  const int most = ceiling(look, now, decision);
  const auto count = [&](double need) { return std::clamp(static_cast<int>(std::ceil(need)), 1, most); };
  if (needed <= most) {
    decision.clamps.clear();
  } else if (!decision.clamps.empty()) {
    decision.advice = advise_limit(decision.clamps.back(), static_cast<int>(std::ceil(needed)), look);
  }
  if (count(needed) > look.replicas && !look.moving) {
    decision.to = count(needed);
    return explain_out(decision);
  }
  const int fewest = std::max(count(needs_.front().second / kUtilisation), std::max(look.limits.min, 1));
  if (fewest < look.replicas && !look.moving && now - *steady_since_ >= kHold) {
    decision.to = fewest;
    return explain_in(decision);
  }
  if (decision.advice.empty()) return explain_steady(decision);
  explain_limited(decision, look);
}

void StageLaw::advise(const StageLook& look, double rate, Decision& decision) const {
  const Figure each = figures_.capacity().of_each(std::max(look.replicas, 1));
  if (!each || decision.clamps.empty()) return;
  if (spread_.heaviest() * rate > *each && spread_.heaviest() * spread_.most_useful() > kUneven) {
    decision.clamps.push_back("Skew");
    decision.advice = advise_skew(spread_.heaviest_partition(), spread_.heaviest() * rate, *each);
    return;
  }
  const int enough = static_cast<int>(std::ceil(rate / *each));
  decision.advice = advise_limit(decision.clamps.back(), enough, look);
}

// What the user wishes counts last.
void StageLaw::bound(const StageLook& look, Decision& decision) const {
  const int least = look.limits.min > 0 ? look.limits.min : std::min(decision.to, 1);
  int to = std::clamp(decision.to, least, std::max(look.limits.max, least));
  if (to > look.replicas && decision.to <= look.replicas) explain_bound(decision, "Min", to);
  if (to < look.replicas && decision.to >= look.replicas) explain_bound(decision, "Max", to);
  decision.recommended = to;
  if (look.limits.pause_in && to < look.replicas) {
    to = look.replicas;
    explain_paused(decision, "PausedIn", "in");
  }
  if (look.limits.pause_out && to > look.replicas) {
    to = look.replicas;
    explain_paused(decision, "PausedOut", "out");
  }
  if (look.limits.recommend_only && to != look.replicas) {
    to = look.replicas;
    explain_recommended(decision);
  }
  decision.to = to;
}

Json StageLaw::learned(double now) const {
  Json json = Json::object({{"capacity", figures_.capacity().to_json()}, {"startUpSeconds", start_up_}});
  if (knee_ && now < knee_->until) {
    json["knee"] =
        Json::object({{"replicas", knee_->replicas}, {"seconds", knee_->until - now}, {"target", knee_->target}});
  }
  return json;
}

void StageLaw::learn(double now, const Json& json) {
  figures_.learn(json.get("capacity"));
  const double start_up = json.get("startUpSeconds").as_double();
  if (start_up >= 1 && start_up <= kLongestStartUp) start_up_ = start_up;
  const Json& knee = json.get("knee");
  const double seconds = std::min(knee.get("seconds").as_double(), kKneeMemory);
  const auto replicas = knee.get("replicas").as_int();
  if (replicas > 0 && seconds > 0) {
    knee_ =
        Knee{static_cast<int>(std::min<std::int64_t>(replicas, 10'000)), now + seconds, knee.get("target").as_bool()};
  }
}

}  // namespace tidegate::autoscaler
