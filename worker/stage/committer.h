// When the progress of a stage is committed, and what became of it.
#pragma once

#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "kafka/consumer.h"
#include "kafka/producer.h"
#include "worker/stage/ledger.h"

namespace tidegate::stage {

// Commits what the ledger holds to be committable: when positions moved (not more often than the interval), at once
// when the stage's problem changed, and now and then to show life. What was written in a transaction is committed
// with it, and with nothing else; a commit while nothing was written needs none. One commit is under way at a time.
// Used by the loop's thread; the references must outlive it.
class Committer {
 public:
  Committer(Ledger& ledger, kafka::Consumer& consumer, kafka::Producer& producer)
      : ledger_(ledger), consumer_(consumer), producer_(producer) {}

  // Takes note of the outcome of the last commit, and whether the next one is due. `problem`: the stage's, empty when
  // it runs.
  bool due(const std::string& problem);
  // Starts it. Of a transaction everything must be acknowledged, and this waits until it is committed; after a failure
  // it must be aborted and the records be read again.
  Result<void> start(const std::string& problem);
  // Commits these partitions (null: all; of a transaction always all) and waits for the outcome, within limits.
  Result<void> now(const std::vector<int>* partitions, const std::string& problem);

 private:
  void take_outcome(Duration timeout);
  Result<void> commit_transaction(const std::string& problem);

  Ledger& ledger_;
  kafka::Consumer& consumer_;
  kafka::Producer& producer_;
  Clock clock_ = Clock::real();
  std::vector<kafka::Commit> committing_;
  std::string committing_problem_ = "starting";  // what the last commit tried to say; equal to no real problem at first
  std::string committed_problem_ = "starting";
  SteadyTime last_commit_{};
  SteadyTime next_commit_{};
};

}  // namespace tidegate::stage
