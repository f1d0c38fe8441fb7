#include "worker/stage/committer.h"

#include "common/base/log.h"

namespace tidegate::stage {
namespace {

using std::chrono::steady_clock;

constexpr Duration kInterval{200};
constexpr Duration kTransactionInterval{100};
constexpr Duration kRetry{1000};
constexpr Duration kHeartbeat{10'000};
constexpr Duration kOutcomePatience{5000};

}  // namespace

bool Committer::due(const std::string& problem) {
  take_outcome(Duration{0});
  if (consumer_.commit_under_way() || ledger_.empty()) return false;
  const SteadyTime now = steady_clock::now();
  if (problem != committing_problem_ || now - last_commit_ >= kHeartbeat) return true;
  if (now < next_commit_) return false;
  return problem != committed_problem_ || producer_.in_transaction() || ledger_.moved();
}

Result<void> Committer::start(const std::string& problem) {
  const SteadyTime now = steady_clock::now();
  if (producer_.in_transaction()) return commit_transaction(problem);
  const bool all = now - last_commit_ >= kHeartbeat || problem != committed_problem_;
  committing_ = ledger_.commits(all, problem, epoch_ms(clock_.wall()));
  committing_problem_ = problem;
  last_commit_ = now;
  next_commit_ = now + kInterval;
  consumer_.commit(committing_);
  return {};
}

Result<void> Committer::now(const std::vector<int>* partitions, const std::string& problem) {
  take_outcome(kOutcomePatience);
  if (producer_.in_transaction()) return commit_transaction(problem);
  const std::int64_t now_ms = epoch_ms(clock_.wall());
  committing_ =
      partitions == nullptr ? ledger_.commits(true, problem, now_ms) : ledger_.commits_of(*partitions, problem, now_ms);
  if (committing_.empty() || consumer_.commit_under_way()) return {};
  consumer_.commit(committing_);
  take_outcome(kOutcomePatience);
  return {};
}

Result<void> Committer::commit_transaction(const std::string& problem) {
  const std::vector<kafka::Commit> commits = ledger_.commits(true, problem, epoch_ms(clock_.wall()));
  auto committed = producer_.commit_transaction(consumer_, commits);
  if (!committed) return committed;
  ledger_.accepted(commits);
  committing_problem_ = committed_problem_ = problem;
  last_commit_ = steady_clock::now();
  next_commit_ = last_commit_ + kTransactionInterval;  // of work, however long committing takes
  return {};
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
