// What a stage does with records, without Kafka: the run loop does the rest.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "kafka/consumer.h"
#include "kafka/producer.h"
#include "kafka/record.h"
#include "worker/objects/encoder.h"
#include "worker/objects/store.h"
#include "worker/sinks/sink.h"
#include "worker/stage/dead_letter.h"
#include "worker/stage/ledger.h"
#include "worker/stage/output.h"
#include "worker/stage/settings.h"
#include "worker/window/progress.h"

namespace tidegate::stage {

// What a step counted about a batch, rejected records left out (docs/architecture.md, "Commit metadata").
struct StepCounts {
  std::int64_t took = 0;            // rows that the engine or the target accepted
  std::int64_t gave = 0;            // rows that the engine returned or the target acknowledged
  std::vector<std::int64_t> nulls;  // per input field; empty: fields are not read
  bool written = false;             // to a target: every record that is not rejected is out
};

struct StepOutput {
  std::vector<kafka::OutRecord> rows;  // for the output topic; the bytes are in `memory`
  std::shared_ptr<const void> memory;
  bool forward = false;               // instead of rows: the records that are not rejected go out as they are
  std::vector<Rejection> rejections;  // ascending by index
  StepCounts counts;
  // Of a step that keeps state: so many of the first records only rebuilt what was lost with an earlier worker.
  std::size_t rebuilt = 0;
  std::optional<window::Progress> windows;  // of a stage with settings.time
};

// The reason of an open() that goes on with something long: to be called again at once.
inline constexpr const char* kReading = "Reading";

// One thread uses it. open() before the first run() and again after either failed; a failure passes or waits for
// somebody (target away, out of memory), and the same records come again.
class Step {
 public:
  virtual ~Step() = default;
  virtual Result<void> open() = 0;
  virtual Result<StepOutput> run(std::span<const kafka::Record> records) = 0;
  // Once a turn of the loop while open, with or without records, and never between a run() and the end of its handover:
  // for what goes on beside them. A failure as of open(), what is kept stays; kReading: to be called again at once.
  virtual Result<void> keep_up() { return {}; }
  // Whether one run() may be given records of several partitions.
  virtual bool mixes_partitions() const = 0;
  // Records that run() should be given at most; larger batches than this gain nothing.
  virtual std::size_t largest_batch() const { return 8192; }

  // A step that keeps state between the records of a partition is told when one comes and goes. When its run() fails,
  // that state is lost: everything begins again at what was committed, with another step.
  virtual bool keeps_state() const { return false; }
  virtual void assigned(const kafka::StartPosition&) {}
  virtual void revoked(int /*partition*/) {}
  // Of a stage with settings.time: no record of the partition that is still to come is older than `watermark`, and all
  // records before this moment went through run().
  virtual Result<StepOutput> advance(int /*partition*/, window::Micros /*watermark*/) { return StepOutput{}; }
  virtual std::optional<window::Held> held() const { return std::nullopt; }  // of a step with windows

  // Of a sink's step that takes records before it writes them: what became durable since the last call, by partition,
  // counted as `gave` and `out`. Such a step counts neither in run().
  virtual std::vector<std::pair<int, Ledger::Entry>> take_written() { return {}; }
  // No more records come, the stage stops: what is held may be written now. What is not is read again.
  virtual void finish() {}
};

// Puts itself between the run loop and a step; for tests that seed a fault. Empty: the step as it is.
using StepWrapper = std::function<std::unique_ptr<Step>(std::unique_ptr<Step>)>;

class Tables;

// The query of a processor. A record whose rows are larger than `max_row_bytes` is rejected. `tables`: of a processor
// that has some; they outlive the step, because a new one need not read them again.
std::unique_ptr<Step> processor_step(const Settings& settings, std::size_t max_row_bytes,
                                     std::shared_ptr<Tables> tables = nullptr);

// The query of a processor with a window. `input_partitions`: of the input topic.
std::unique_ptr<Step> windowed_step(const Settings& settings, std::size_t max_row_bytes, int input_partitions);

// Hands records on with key, value, headers and time. What the output topic does not take for its size or time is
// rejected.
std::unique_ptr<Step> forward_step(const Output& output, Clock clock = Clock::real());

// Writes to a sink; has no rows.
std::unique_ptr<Step> sink_step(std::unique_ptr<sinks::Sink> sink);

// Writes objects of consecutive records into a store, each record once (docs/connectors.md, "Objects"). Has no rows.
std::unique_ptr<Step> object_step(const Settings& settings, const ObjectSettings& objects, codec::Schema schema,
                                  std::unique_ptr<objects::Store> store, Clock clock = Clock::real());

}  // namespace tidegate::stage
