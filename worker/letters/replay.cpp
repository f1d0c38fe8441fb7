#include "worker/letters/replay.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "common/base/text.h"
#include "kafka/producer.h"
#include "worker/run_stage.h"
#include "worker/stage/handover.h"
#include "worker/stage/output.h"
#include "worker/stage/rate_limit.h"

namespace tidegate::letters {
namespace {

using std::chrono::steady_clock;

constexpr Duration kPatience{60'000};
constexpr Duration kPause{500};

// The stage at work on letters, one batch after the other.
class Replay {
 public:
  Replay(const stage::Settings& settings, std::unique_ptr<kafka::Producer> producer, stage::Output output,
         std::unique_ptr<stage::Step> step)
      : settings_(settings), producer_(std::move(producer)), output_(output), step_(std::move(step)) {}

  // Returns how many failed again. All records are of one partition.
  Result<std::int64_t> run(std::span<const kafka::Record> records) {
    auto output = step(records);
    if (!output) return std::move(output).error();
    const auto failed = static_cast<std::int64_t>(output->rejections.size());
    stage::Handover handover(settings_, *std::move(output), records.front().partition, output_.partitions, records);
    const SteadyTime deadline = steady_clock::now() + kPatience;
    const auto late = [&] { return steady_clock::now() > deadline; };
    for (;;) {
      const auto advanced = handover.advance(*producer_, Clock::real().wall());
      if (!advanced) return advanced.error();
      if (*advanced) break;
      if (late()) return Error{"KafkaUnavailable", "Kafka takes no records"};
      producer_->poll(kPause);
    }
    if (!producer_->flush(kPatience)) return Error{"KafkaUnavailable", "Kafka does not acknowledge records"};
    const auto letters = handover.dead_letters(records.front().partition);
    for (const kafka::Delivery* delivery : {handover.delivery().get(), letters.get()}) {
      if (delivery != nullptr && delivery->failed() > 0) return *delivery->error();
    }
    return failed;
  }

 private:
  // A target that is away gets a minute; tables are read to their end.
  Result<stage::StepOutput> step(std::span<const kafka::Record> records) {
    SteadyTime deadline = steady_clock::now() + kPatience;
    for (;;) {
      Result<void> opened = open_ ? Result<void>() : step_->open();
      open_ = opened.ok();
      Error error;
      if (opened) {
        const auto kept = step_->keep_up();
        auto output = kept ? step_->run(records) : Result<stage::StepOutput>(kept.error());
        if (output) return output;
        error = output.error();
        open_ = false;
      } else {
        error = opened.error();
        if (error.reason == stage::kReading) {
          deadline = steady_clock::now() + kPatience;
          continue;
        }
      }
      if (steady_clock::now() > deadline) return error;
      std::this_thread::sleep_for(kPause);
    }
  }

  const stage::Settings& settings_;
  std::unique_ptr<kafka::Producer> producer_;
  stage::Output output_;
  std::unique_ptr<stage::Step> step_;
  bool open_ = false;
};

Result<Replay> prepare(const stage::Settings& settings) {
  kafka::ProducerOptions options;
  options.client = settings.kafka;
  auto producer = kafka::Producer::create(options);
  if (!producer) return std::move(producer).error();
  auto output = stage::describe_output(settings, **producer, options.max_record_bytes);
  if (!output) return std::move(output).error();
  auto step = make_step(settings, *output);
  if (!step) return std::move(step).error();
  return Replay(settings, *std::move(producer), *output, *std::move(step));
}

// The letter as the record that it was; its headers stay where they are.
kafka::Record restored(const kafka::Record& letter, const Origin& origin) {
  kafka::Record out = letter;
  out.partition = origin.partition;
  out.offset = origin.offset;
  out.timestamp_ms = origin.timestamp_ms;
  return out;
}

}  // namespace

Result<Json> replay(const stage::Settings& settings, const ReplayOptions& options, const Filter& filter,
                    kafka::TopicReader& reader) {
  auto stage = prepare(settings);
  if (!stage) return std::move(stage).error();
  stage::RateLimit rate(options.rate);
  std::int64_t replayed = 0, failed_again = 0, left_out = 0, next = 0;
  while (!reader.done() && replayed < options.limit) {
    auto batch = reader.read(rate.largest_batch(kBatch), kWait);
    if (!batch) return std::move(batch).error();
    if (batch->empty() && !reader.done()) return Error{"KafkaUnavailable", "Kafka brings no records"};
    std::vector<kafka::Record> records;
    for (const kafka::Record& letter : batch->records()) {
      const Origin origin = origin_of(kafka::headers(letter));
      if (replayed + static_cast<std::int64_t>(records.size()) >= options.limit) break;
      next = letter.offset + 1;
      if (!filter.takes(letter, origin)) continue;
      if (origin.failures > options.most_failures)
        ++left_out;
      else
        records.push_back(restored(letter, origin));
    }
    // In the order of each partition, one at a time.
    std::stable_sort(records.begin(), records.end(),
                     [](const auto& a, const auto& b) { return a.partition < b.partition; });
    for (std::size_t begin = 0; begin < records.size();) {
      std::size_t end = begin;
      while (end < records.size() && records[end].partition == records[begin].partition) ++end;
      const std::span<const kafka::Record> some(records.data() + begin, end - begin);
      begin = end;
      if (options.dry_run) {
        replayed += static_cast<std::int64_t>(some.size());
        continue;
      }
      std::this_thread::sleep_until(rate.next());
      rate.take(some.size(), steady_clock::now());
      auto failed = stage->run(some);
      if (!failed)
        return std::move(failed).error().context(
            cat("after ", std::to_string(replayed), " records, before offset ", std::to_string(next)));
      replayed += static_cast<std::int64_t>(some.size());
      failed_again += *failed;
    }
  }
  Json out =
      Json::object({{"replayed", replayed}, {"failedAgain", failed_again}, {"leftOut", left_out}, {"next", next}});
  if (options.dry_run) out["dryRun"] = true;
  return out;
}

}  // namespace tidegate::letters
