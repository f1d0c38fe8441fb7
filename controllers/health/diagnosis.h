// What is wrong with one pipeline, or one Kafka cluster, from successive looks. Pure: time and evidence are given.
#pragma once

#include "controllers/health/balance.h"
#include "controllers/health/cluster.h"
#include "controllers/health/collapsed_output.h"
#include "controllers/health/dead_letters.h"
#include "controllers/health/hung_transaction.h"
#include "controllers/health/log_growth.h"
#include "controllers/health/null_ratio.h"
#include "controllers/health/topics.h"
#include "controllers/health/tracker.h"

namespace tidegate::health {

// Of a pipeline. Not thread-safe.
class PipelineHealth {
 public:
  // One look, every few seconds.
  Tracker::Changes diagnose(const Instant& now, const PipelineEvidence& evidence);
  std::vector<Problem> problems() const { return tracker_.problems(); }
  // Learned outputs per record of a processor.
  std::optional<double> selectivity(const std::string& stage) const;

  // What an earlier process told: kept until it was looked for again.
  void resume(const Instant& now, const std::vector<Problem>& told);
  // What survives a restart; null while nothing is learned. keep() takes what kept() gave; anything else is ignored.
  Json kept() const;
  void keep(const Json& kept) { taught_ = kept; }

 private:
  struct Stage {
    std::string version;
    CollapsedOutput collapsed_output;
    NullRatio null_ratio;
    DeadLetters dead_letters;
    Balance balance;
    HungTransaction hung_transaction;
  };
  struct Topic {
    Silence silence;
    Replacement replacement;
    LogGrowth growth;
  };
  Stage& stage_of(const StageEvidence& stage);

  Tracker tracker_;
  Brokers brokers_;
  std::map<std::string, Stage> stages_;
  std::map<std::string, Topic> topics_;
  Json taught_;
};

// Of a KafkaCluster. Not thread-safe.
class ClusterHealth {
 public:
  Tracker::Changes diagnose(const Instant& now, const ClusterEvidence& evidence);
  std::vector<Problem> problems() const { return tracker_.problems(); }
  void resume(const Instant& now, const std::vector<Problem>& told);

 private:
  Tracker tracker_;
  Brokers brokers_;
  DiskFilling disk_filling_;
};

}  // namespace tidegate::health
