// The run loop of processors and sinks: consume → step → produce → commit.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "kafka/consumer.h"
#include "kafka/producer.h"
#include "worker/stage/committer.h"
#include "worker/stage/handover.h"
#include "worker/stage/health.h"
#include "worker/stage/ledger.h"
#include "worker/stage/pace.h"
#include "worker/stage/rate_limit.h"
#include "worker/stage/settings.h"
#include "worker/stage/step.h"
#include "worker/stage/upstream.h"
#include "worker/stage/watermarks.h"

namespace tidegate::stage {

// One life of the clients. Everything, commits included, happens on the thread that calls run(): a loop that is stuck
// falls silent, which is how the operator notices. Several batches are under way at once; what is not acknowledged is
// never committed. With exactly once what is written is in a transaction, which holds whole batches: it is committed
// with their positions, or aborted, and then new clients begin at the committed ones. While the step, the target or the
// topic takes no records, consumption is paused, the membership is kept, and the problem stands in the commit metadata.
class Loop final : private kafka::AssignmentListener {
 public:
  // `problem`: why the life before ended; shown until there is progress. References must outlive the loop.
  Loop(const Settings& settings, Step& step, int output_partitions, kafka::Producer& producer, Health& health,
       StageMetrics& metrics, std::string problem);

  // Until told to stop (then what is under way is finished and committed), or until it can only go on with new clients
  // from the committed position: a client failed, or a record will never be acknowledged.
  Result<void> run(const std::stop_token& stop);

 private:
  static constexpr std::size_t kMaxUnderWay = 256;  // batches not acknowledged; the producer's queue bounds their bytes
  static constexpr Duration kBusyWait{5};           // acknowledgements are looked after this often
  static constexpr Duration kStopPatience{15'000};

  void assigned(const std::vector<kafka::StartPosition>& partitions) override;
  void revoked(const std::vector<int>& partitions, bool lost) override;
  void forget(int partition);

  Result<void> turn();
  Result<void> poll();
  Result<void> look_for_kafka();
  void open_step();
  void keep_up();
  void take_written();
  Result<void> work();
  bool held_back();
  void finish_handover(Duration patience);
  void finish_batch();
  void reach_ends();
  Result<void> move_watermarks();
  Result<void> advance(const Watermarks::Due& due);
  Result<void> settle();
  void await_acknowledgements(const std::vector<int>* partitions, Duration patience);
  Result<void> commit_when_due(const std::string& problem);
  Result<void> complete(Duration patience);
  void give_up(const std::vector<int>& partitions, bool lost);
  void abort(const Error& error);

  std::int64_t records_in_flight() const;
  void block(const Error& error);
  bool blocked() const;
  std::string problem() const;

  const Settings& settings_;
  Step& step_;
  int output_partitions_;
  kafka::Producer& producer_;
  Health& health_;
  StageMetrics& metrics_;
  Clock clock_ = Clock::real();

  Ledger ledger_;
  std::deque<kafka::RecordBatch> batches_;   // consumed, not yet handed over
  std::optional<Handover> handover_;         // of the first of batches_
  std::map<int, kafka::Polled::End> ends_;   // reached once batches_ are handed over
  std::optional<SteadyTime> in_hand_since_;  // the first of batches_
  std::chrono::microseconds held_back_{0};   // by the rate limit since then
  std::chrono::microseconds worked_{0};      // processor time of this thread on it since then
  std::optional<Watermarks> watermarks_;     // of a stage with settings.time
  std::optional<Upstream> upstream_;         // of one behind others
  SteadyTime next_move_{};
  RateLimit rate_limit_;
  Pace pace_;                              // of a sink's target
  SteadyTime held_back_until_{};           // what held_back_ counts already
  std::optional<SteadyTime> away_since_;   // the consumer reaches no broker
  std::optional<SteadyTime> seen_beside_;  // another client does
  SteadyTime next_look_{};
  bool joined_ = false;
  bool closing_ = false;

  bool step_open_ = false;
  std::string blocked_by_;  // empty: not blocked
  Duration backoff_{0};
  SteadyTime retry_at_{};
  std::optional<SteadyTime> full_since_;  // the producer's queue
  SteadyTime last_progress_{};            // nothing was waiting for an acknowledgement, or one came

  std::unique_ptr<kafka::Consumer> consumer_;
  std::optional<Committer> committer_;  // while there is a consumer
  std::optional<Error> aborted_;        // a transaction was: these clients end
};

}  // namespace tidegate::stage
