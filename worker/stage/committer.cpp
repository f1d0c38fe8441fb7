#include "worker/stage/committer.h"

#include "common/base/log.h"

namespace tidegate::stage {
namespace {

using std::chrono::steady_clock;

constexpr Duration kInterval{200};
constexpr Duration kRetry{1000};
constexpr Duration kHeartbeat{10'000};
constexpr Duration kPatience{5000};

}  // namespace

void Committer::when_due(const std::string& problem) {
  take_outcome(Duration{0});
  if (consumer_.commit_under_way() || ledger_.empty()) return;
  const SteadyTime now = steady_clock::now();
  const bool told = problem == committed_problem_;
  const bool beat = now - last_commit_ >= kHeartbeat;
  const bool at_once = problem != committing_problem_ || beat;
  if (!at_once && (now < next_commit_ || (told && !ledger_.moved()))) return;
  committing_ = ledger_.commits(beat || !told, problem, epoch_ms(clock_.wall()));
  committing_problem_ = problem;
  last_commit_ = now;
  next_commit_ = now + kInterval;
  consumer_.commit(committing_);
}

void Committer::now(const std::vector<int>* partitions, const std::string& problem) {
  take_outcome(kPatience);
  const std::int64_t now_ms = epoch_ms(clock_.wall());
  committing_ = partitions == nullptr ? ledger_.commits(true, problem, now_ms)
                                      : ledger_.commits_of(*partitions, problem, now_ms);
  if (committing_.empty() || consumer_.commit_under_way()) return;
  consumer_.commit(committing_);
  take_outcome(kPatience);
}

void Committer::take_outcome(Duration timeout) {
  const auto outcome = consumer_.committed(timeout);
  if (!outcome) return;
  if (*outcome) {
    ledger_.accepted(committing_);
    committed_problem_ = committing_problem_;
  } else {
    log::warn("commit failed, will be repeated", {{"error", outcome->error().message}});
    next_commit_ = steady_clock::now() + kRetry;
  }
}

}  // namespace tidegate::stage
