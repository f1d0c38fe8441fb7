// Whether a stage's output fell off a cliff while input flows. Pure: time is given.
//
// The learned share of outputs says how many are due for the records that were taken in. When that many outputs were
// due and a tenth of them came, the share has collapsed: were outputs independent, 20 due and at most 1 come has a
// probability of 4e-8 (Poisson). Outputs that come in bursts need more: twice the longest drought that was ever ended
// by an output.
#pragma once

#include <deque>
#include <optional>

#include "common/json/json.h"
#include "controllers/health/evidence.h"

namespace tidegate::health {

// Not thread-safe.
class Selectivity {
 public:
  static constexpr double kDue = 20;         // outputs
  static constexpr double kCollapsed = 0.1;  // of those that were due
  static constexpr double kRestored = 0.3;
  static constexpr double kLearnOutputs = 20;
  static constexpr Duration kLearnTime{60'000};

  // So many more records were taken in, and outputs given, since the last call.
  void add(const Instant& now, std::int64_t in, std::int64_t out);

  bool learned() const { return learned_; }
  bool raised() const { return raised_; }
  std::optional<double> usual() const;    // outputs per record; nullopt while learning
  std::optional<WallTime> since() const;  // since when it was learned
  double due() const { return due_; }     // outputs, since the collapse
  double come() const { return come_; }

  // What survives a restart; null while nothing is learned.
  Json kept() const;
  void keep(const Json& kept);

 private:
  struct Delta {
    double in = 0, out = 0;
  };
  void learn(const Delta& delta, SteadyTime now);
  double needed() const;
  void join_pairs();

  double in_ = 0, out_ = 0;  // learned, older ones weigh less
  SteadyTime faded_{};
  std::optional<Instant> began_;
  bool learned_ = false;
  double drought_ = 0;  // now: outputs due since the last one came
  double longest_drought_ = 0;
  std::deque<Delta> recent_;  // not learned yet, oldest first
  double recent_in_ = 0;
  bool raised_ = false;
  double due_ = 0, come_ = 0;
};

}  // namespace tidegate::health
