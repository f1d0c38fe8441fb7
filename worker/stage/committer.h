// When the progress of a stage is committed, and what became of it.
#pragma once

#include <string>
#include <vector>

#include "common/base/clock.h"
#include "kafka/consumer.h"
#include "worker/stage/ledger.h"

namespace tidegate::stage {

// Commits what the ledger holds to be committable: when positions moved (not more often than the interval), at once
// when the stage's problem changed, and now and then to show life. One commit is under way at a time. Used by the loop's
// thread; the references must outlive it.
class Committer {
 public:
  Committer(Ledger& ledger, kafka::Consumer& consumer) : ledger_(ledger), consumer_(consumer) {}

  // Takes note of the outcome of the last commit and starts the next one, if it is due. `problem`: the stage's, empty
  // when it runs.
  void when_due(const std::string& problem);
  // Commits these partitions (null: all) and waits for the outcome, within limits.
  void now(const std::vector<int>* partitions, const std::string& problem);

 private:
  void take_outcome(Duration timeout);

  Ledger& ledger_;
  kafka::Consumer& consumer_;
  Clock clock_ = Clock::real();
  std::vector<kafka::Commit> committing_;
  std::string committing_problem_ = "starting";  // what the last commit tried to say; equal to no real problem at first
  std::string committed_problem_ = "starting";
  SteadyTime last_commit_{};
  SteadyTime next_commit_{};
};

}  // namespace tidegate::stage
