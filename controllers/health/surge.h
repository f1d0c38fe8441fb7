// Whether a share of records (nulls of a field, dead letters) has jumped above what was learned. Pure: time is given.
//
// A cumulative sum test (CUSUM, E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954) between two
// Bernoulli shares: p0, the learned one, and p1, what it would be after a jump. Each of n records, k of them marked,
// adds ln(p1/p0) or ln((1-p1)/(1-p0)); the sum never falls below zero, and at kLimit the jump is believed. It works at
// any rate, and comes down by the same arithmetic when records are well again.
#pragma once

#include <optional>
#include <string>

#include "common/json/json.h"
#include "controllers/health/evidence.h"

namespace tidegate::health {

// Not thread-safe.
class Surge {
 public:
  struct Tuning {
    double floor;          // p0 is at least this: rarer marks are not told apart
    double ceiling;        // p0 is at most this: a larger share is never normal
    double factor;         // p1 is p0 times this, but no nearer to 1 than half the way from p0
    std::int64_t least;    // marked records that it takes
    bool ends_by_silence;  // a minute without a marked record ends it, even without records
  };
  static constexpr Tuning kNulls{0.02, 1, 25, 20, false};
  static constexpr Tuning kGross{0.005, 0.2, 20, 6, true};  // dead letters that show a broken producer or table
  static constexpr Tuning kFine{0.001, 0.2, 10, 6, true};   // any dead letters

  static constexpr double kLimit = 12;  // e^-12 per independent record
  static constexpr std::int64_t kLearnRecords = 200;
  static constexpr Duration kLearnTime{60'000};

  explicit Surge(Tuning tuning) : tuning_(tuning) {}

  // `records` more were seen since the last call, `marked` of them.
  void add(const Instant& now, std::int64_t records, std::int64_t marked);

  bool learned() const;
  bool raised() const { return raised_; }
  double usual() const { return usual_; }  // the learned share
  std::optional<WallTime> since() const;   // since when it was learned
  double share() const;                    // of the records since the jump

  // What survives a restart; null while nothing is learned.
  Json kept() const;
  void keep(const Json& kept);

 private:
  void learn(const Instant& now, std::int64_t records, std::int64_t marked);
  void test(const Instant& now, std::int64_t records, std::int64_t marked);

  const Tuning tuning_;
  // Learned: the mean of windows, and the highest of them.
  double usual_ = 0, highest_ = 0, windows_ = 0;
  std::int64_t learned_records_ = 0;
  std::optional<Instant> began_;
  std::int64_t window_records_ = 0, window_marked_ = 0;
  SteadyTime window_began_{};
  bool taught_ = false;  // by an earlier process
  // Tested.
  double sum_ = 0;
  std::int64_t tested_ = 0, tested_marked_ = 0;  // since the sum left zero
  SteadyTime marked_at_{};
  std::int64_t since_marked_ = 0;  // records
  bool raised_ = false;
};

// "4 %", "0.2 %"
std::string percent(double share);
// "learned 4 % since 2026-..."
std::string learned_text(const Surge& surge);

}  // namespace tidegate::health
