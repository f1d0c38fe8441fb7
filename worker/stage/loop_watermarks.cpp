// The part of the loop that moves watermarks although no record came.
#include "common/base/text.h"
#include "worker/stage/loop.h"

namespace tidegate::stage {
namespace {

using std::chrono::steady_clock;

constexpr Duration kMoveInterval{50};

}  // namespace

Result<void> Loop::move_watermarks() {
  const SteadyTime now = steady_clock::now();
  if (!watermarks_ || now < next_move_ || handover_ || blocked() || !step_open_) return {};
  next_move_ = now + kMoveInterval;
  if (upstream_) {
    if (const auto look = upstream_->take()) watermarks_->look(*look);
  }
  // Only while records would be taken at once: what is not known to be quiet is not.
  if (consumer_->problem().empty() && ledger_.under_way() < kMaxUnderWay) ledger_.idle(watermarks_->idle(now));
  while (const auto due = watermarks_->due(now)) {
    if (auto advanced = advance(*due); !advanced) return advanced;
  }
  return {};
}

Result<void> Loop::advance(const Watermarks::Due& due) {
  Result<StepOutput> output = step_.advance(due.partition, due.watermark);
  if (!output) return std::move(output).error();
  Ledger::Entry entry;
  entry.accounts.gave = output->counts.gave;
  entry.windows = output->windows;
  Handover handover(settings_, *std::move(output), due.partition, output_partitions_, {});
  const SteadyTime deadline = steady_clock::now() + kStopPatience;
  for (;;) {
    const Result<bool> finished = handover.advance(producer_, clock_.wall());
    if (finished && *finished) break;
    if (!finished || steady_clock::now() > deadline) {
      handover.abandon();
      return finished ? Error{"KafkaUnavailable", "Kafka: the rows of closed windows are not taken"} : finished.error();
    }
    producer_.poll(kBusyWait);
  }
  entry.rows = handover.delivery();
  ledger_.advance(due.partition, std::move(entry));
  return {};
}

}  // namespace tidegate::stage
