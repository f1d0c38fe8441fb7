#include "worker/stage/loop.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "common/base/log.h"
#include "common/base/text.h"
#include "kafka/admin.h"
#include "worker/stage/shares.h"

namespace tidegate::stage {
namespace {

using std::chrono::steady_clock;

constexpr Duration kGather{3};  // latency that is paid for larger batches at low load
constexpr Duration kIdleWait{100};
constexpr Duration kFirstBackoff{200};
constexpr Duration kLastBackoff{5000};
constexpr Duration kQueuePatience{1000};          // a full producer queue for longer: keep the membership meanwhile
constexpr Duration kSilencePatience{5000};        // without acknowledgements, until it is a problem
constexpr Duration kRevokePatience{5000};         // for acknowledgements before partitions are given up
constexpr Duration kTransactionPatience{10'000};  // it times out then
constexpr Duration kLeavePatience{3000};
constexpr Duration kAwayPatience{20'000};  // without any broker, until somebody else looks for them
constexpr Duration kLookInterval{5000};
constexpr Duration kLookTimeout{2000};
constexpr Duration kReconnectPatience{15'000};  // the client's own reconnects are up to 10 s apart

std::string words_of(const Error& error) {
  if (error.reason == "Waiting" || error.reason == kReading || error.message.starts_with(error.reason))
    return error.message;
  return cat(error.reason, ": ", error.message);
}

// Of the calling thread.
std::chrono::microseconds processor_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::microseconds(std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000);
}

}  // namespace

Loop::Loop(const Settings& settings, Step& step, int output_partitions, kafka::Producer& producer, Health& health,
           StageMetrics& metrics, std::string problem)
    : settings_(settings),
      step_(step),
      output_partitions_(output_partitions),
      producer_(producer),
      health_(health),
      metrics_(metrics),
      ledger_(ordinal_of(settings.instance), state_identity(settings)),
      rate_limit_(settings.rate_limit),
      blocked_by_(std::move(problem)) {}

Result<void> Loop::run(const std::stop_token& stop) {
  auto cluster = input_cluster(settings_);
  if (!cluster) return std::move(cluster).error();
  kafka::ConsumerOptions options;
  options.client = *std::move(cluster);
  options.group = settings_.group;
  options.instance = settings_.instance;
  if (settings_.new_group_protocol) options.protocol = kafka::GroupProtocol::consumer;
  options.topic = settings_.input_topic;
  options.start = settings_.start;
  options.rewind = step_.keeps_state();
  options.stop = stop;
  auto consumer = kafka::Consumer::create(options, *this);
  if (!consumer) return std::move(consumer).error();
  consumer_ = *std::move(consumer);
  committer_.emplace(ledger_, *consumer_, producer_);
  if (settings_.time) watermarks_.emplace(*settings_.time);
  if (settings_.time && !settings_.time->writers.empty()) upstream_.emplace(settings_);

  Result<void> outcome;
  while (outcome && !stop.stop_requested()) outcome = turn();

  // Finish what was handed over; what was only read will be read again.
  if (outcome) {
    auto whole = complete(kStopPatience);
    if (!whole && producer_.in_transaction()) abort(whole.error());
    if (step_open_ && !handover_) {
      step_.finish();
      take_written();
      await_acknowledgements(nullptr, Duration{0});
    }
  } else {
    blocked_by_ = words_of(outcome.error());
    if (producer_.in_transaction()) abort(outcome.error());
  }
  if (handover_) handover_->abandon();
  handover_.reset();
  batches_.clear();
  // After an abort the ledger is ahead of what is true.
  if (!aborted_) {
    if (auto committed = committer_->now(nullptr, problem()); !committed) abort(committed.error());
  }
  closing_ = true;
  // Told to stop, perhaps for good: the others take over at once. After a failure the same worker is back in a moment.
  if (outcome) consumer_->leave(kLeavePatience);
  consumer_->close();
  return outcome;
}

// One turn of the loop; no longer than a batch, a request to Kafka or a sink's time limit.
Result<void> Loop::turn() {
  producer_.poll(Duration{0});
  if (aborted_) return *aborted_;
  if (auto fatal = producer_.fatal()) return *std::move(fatal);
  if (auto settled = settle(); !settled) return settled;
  if (auto looked = look_for_kafka(); !looked) return looked;
  if (!batches_.empty() && !in_hand_since_) in_hand_since_ = steady_clock::now();
  if (!blocked() && !step_open_) open_step();
  if (!blocked() && step_open_ && !handover_) keep_up();
  const bool held = held_back();
  if (!blocked() && !batches_.empty() && !held) {
    if (auto worked = work(); !worked) return worked;
  }
  if (auto moved = move_watermarks(); !moved) return moved;
  const std::string now_wrong = problem();
  metrics_.waiting.set(now_wrong.empty() ? 0 : 1);
  metrics_.in_flight_records.set(static_cast<double>(records_in_flight()));
  if (const auto windows = step_.held()) metrics_.windows(*windows, epoch_ms(clock_.wall()));
  if (metrics_.source_lag) metrics_.source_lag->set(static_cast<double>(consumer_->lag()));
  health_.set_problem(!joined_ && now_wrong.empty() ? "waiting for the group to assign partitions" : now_wrong);
  if (auto committed = commit_when_due(now_wrong); !committed) return committed;
  if (held) {
    producer_.poll(kBusyWait);
    return {};  // for a tenth of a second, or one record's time
  }
  if (full_since_) {
    producer_.poll(kBusyWait);
    if (steady_clock::now() - *full_since_ < kQueuePatience) return {};
  }
  if (!batches_.empty() && !blocked() && !full_since_) return {};
  return poll();
}

// After its only broker was away a consumer of librdkafka 2.15 was seen with no connection and no broker thread left,
// for good, while the producer beside it worked: presumably metadata without any broker made it drop those it knew. A
// new client finds them.
Result<void> Loop::look_for_kafka() {
  if (!consumer_->away()) {
    away_since_.reset();
    seen_beside_.reset();
    return {};
  }
  const SteadyTime now = steady_clock::now();
  if (!away_since_) away_since_ = now;
  if (now - *away_since_ < kAwayPatience || now < next_look_) return {};
  next_look_ = now + kLookInterval;
  const auto cluster = input_cluster(settings_);
  if (!cluster) return {};
  auto other = kafka::Admin::connect(*cluster, kLookTimeout);
  if (!other || !(*other)->brokers()) {
    seen_beside_.reset();
  } else if (!seen_beside_) {
    seen_beside_ = now;
  } else if (now - *seen_beside_ >= kReconnectPatience) {
    return Error{"KafkaUnavailable", "Kafka: the consumer lost sight of the brokers, which are there"};
  }
  return {};
}

// Whether the rate limit allows no batch yet.
bool Loop::held_back() {
  if (batches_.empty() || handover_) return false;
  const SteadyTime now = steady_clock::now();
  if (now >= rate_limit_.next()) return false;
  const SteadyTime since = std::max(held_back_until_, in_hand_since_.value_or(now));
  held_back_ += std::chrono::duration_cast<std::chrono::microseconds>(rate_limit_.next() - since);
  held_back_until_ = rate_limit_.next();
  return true;
}

Result<void> Loop::poll() {
  const bool take = batches_.empty() && !blocked();
  if (take && ledger_.under_way() >= kMaxUnderWay) {
    producer_.poll(kBusyWait);  // only acknowledgements are missing
    if (steady_clock::now() - last_progress_ < kQueuePatience) return {};
  }
  const bool room = take && ledger_.under_way() < kMaxUnderWay;
  room ? consumer_->resume() : consumer_->pause();
  const bool busy = !room || ledger_.under_way() > 0 || ledger_.moved() || consumer_->commit_under_way();
  auto polled = consumer_->poll(pace_.largest_batch(rate_limit_.largest_batch(step_.largest_batch())),
                                busy ? kBusyWait : kIdleWait, kGather);
  if (!polled) return std::move(polled).error();
  for (const auto& end : polled->ends) ends_.insert_or_assign(end.partition, end);
  for (const auto& broken : polled->broken) {
    log::error("a partition cannot be read", {{"reason", broken.error.reason}, {"error", broken.error.message}});
    ledger_.hold(broken.partition, broken.error.message);
  }
  if (polled->records.empty()) {
    // nothing to split
  } else if (step_.mixes_partitions()) {
    batches_.push_back(std::move(polled->records));
  } else {
    for (kafka::RecordBatch& batch : polled->records.split()) {
      if (watermarks_) watermarks_->stir(batch.records().front().partition);
      batches_.push_back(std::move(batch));
    }
  }
  if (batches_.empty()) reach_ends();
  return {};
}

void Loop::reach_ends() {
  for (const auto& [partition, end] : std::exchange(ends_, {})) {
    ledger_.reach(partition, end.position, end.seen);
    if (watermarks_) watermarks_->reach(partition, end.position, steady_clock::now());
  }
}

void Loop::open_step() {
  if (auto opened = step_.open(); !opened) return block(opened.error());
  step_open_ = true;
  if (batches_.empty()) blocked_by_.clear();  // nothing left to prove it with
}

void Loop::keep_up() {
  auto kept = step_.keep_up();
  take_written();
  if (kept) return;
  step_open_ = false;
  block(kept.error());
}

void Loop::take_written() {
  for (auto& [partition, entry] : step_.take_written()) ledger_.advance(partition, std::move(entry));
}

// Takes the first batch through the step and hands its outcome over, as far as the producer's queue takes it.
Result<void> Loop::work() {
  const SteadyTime begin = steady_clock::now();
  const std::chrono::microseconds processor_begin = processor_time();
  const std::span<const kafka::Record> records = batches_.front().records();
  if (!handover_) {
    rate_limit_.take(records.size(), begin);
    Result<StepOutput> output = step_.run(records);
    if (!output && step_.keeps_state()) return output.error();
    if (!output) {
      step_open_ = false;
      block(output.error());
      return {};
    }
    for (const Rejection& rejection : output->rejections) metrics_.dead_letter(rejection.reason);
    handover_.emplace(settings_, *std::move(output), records.front().partition, output_partitions_, records);
  }
  const Result<bool> finished = handover_->advance(producer_, clock_.wall());
  if (!finished) return finished.error();
  if (!*finished) {
    worked_ += processor_time() - processor_begin;
    if (!full_since_) full_since_ = begin;
    return {};
  }
  full_since_.reset();
  worked_ += processor_time() - processor_begin;
  metrics_.batch_seconds.observe(std::chrono::duration<double>(steady_clock::now() - begin).count());
  finish_batch();
  return {};
}

// A part of the batch's rows is in the topic already: stopping in between would write them again.
void Loop::finish_handover(Duration patience) {
  const SteadyTime deadline = steady_clock::now() + patience;
  while (handover_ && steady_clock::now() < deadline && work()) producer_.poll(kBusyWait);
}

void Loop::finish_batch() {
  const std::span<const kafka::Record> records = batches_.front().records();
  const SteadyTime now = steady_clock::now();
  const auto in_hand = std::chrono::duration_cast<std::chrono::microseconds>(now - in_hand_since_.value_or(now));
  // A record of a limited stage takes at least the time that the limit gives it, also while few come and none is held
  // back: else the stage would seem able to take far more than it may.
  const auto busy = std::max(in_hand - held_back_, rate_limit_.share(records.size()));
  // A sink waits for its target whenever it neither works nor is held back.
  const auto wait = settings_.kind == Kind::sink
                        ? std::max(in_hand - held_back_ - worked_, std::chrono::microseconds{0})
                        : std::chrono::microseconds{0};
  if (settings_.kind == Kind::sink) pace_.took(records.size(), in_hand - held_back_);
  metrics_.busy_seconds.add(std::chrono::duration<double>(busy).count());
  const std::size_t rebuilt = handover_->rebuilt();
  if (rebuilt > 0) ledger_.rebuilt(records[rebuilt - 1].partition, records[rebuilt - 1].number);
  if (watermarks_ && handover_->windows()) {
    const kafka::Record& last = records.back();
    watermarks_->read(last.partition, last.offset + 1, handover_->windows()->watermark);
  }
  const BatchOutcome outcome{records, handover_->rejections(), handover_->counts(), busy, wait, rebuilt};
  for (auto& [partition, entry] : share_out(outcome)) {
    entry.windows = handover_->windows();
    // A batch of several partitions has no rows (Step::mixes_partitions).
    entry.rows = step_.mixes_partitions() ? nullptr : handover_->delivery();
    entry.dead_letters = handover_->dead_letters(partition);
    // How old records are when they are written is told when they are.
    if (settings_.kind == Kind::sink && step_.keeps_state()) entry.samples.clear();
    ledger_.add(partition, std::move(entry));
  }
  take_written();
  handover_.reset();
  batches_.pop_front();
  held_back_ = worked_ = std::chrono::microseconds{0};
  in_hand_since_.reset();
  if (!batches_.empty()) {
    in_hand_since_ = now;
    return;
  }
  reach_ends();
}

Result<void> Loop::settle() {
  const Ledger::Settled settled = ledger_.settle();
  const bool some = settled.accounts.in > 0;
  if (some || settled.seen > 0) metrics_.settled(settled, epoch_ms(clock_.wall()));
  if (some || ledger_.under_way() == 0) last_progress_ = steady_clock::now();
  if (some && !blocked()) {
    blocked_by_.clear();
    backoff_ = Duration{0};
  }
  if (settled.failed) return *settled.failed;
  return {};
}

void Loop::await_acknowledgements(const std::vector<int>* partitions, Duration patience) {
  const SteadyTime deadline = steady_clock::now() + patience;
  const auto missing = [&] { return partitions == nullptr ? ledger_.under_way() : ledger_.under_way(*partitions); };
  while (settle() && missing() > 0 && steady_clock::now() < deadline) producer_.poll(kBusyWait);
}

Result<void> Loop::commit_when_due(const std::string& problem) {
  if (!committer_->due(problem)) return {};
  if (producer_.in_transaction()) {
    if (auto whole = complete(kTransactionPatience); !whole) return whole;
  }
  return committer_->start(problem);
}

// Until whole batches are written and acknowledged: only such may be committed in a transaction.
Result<void> Loop::complete(Duration patience) {
  finish_handover(patience);
  if (producer_.in_transaction()) producer_.flush(patience);  // at once, not when records linger no more
  await_acknowledgements(nullptr, patience);
  if (handover_ || ledger_.under_way() > 0) {
    return Error{"KafkaUnavailable", "Kafka: records written are not acknowledged in time"};
  }
  return {};
}

void Loop::abort(const Error& error) {
  log::warn("what was not committed is aborted and done again", {{"reason", error.reason}, {"error", error.message}});
  producer_.abort_transaction();
  aborted_ = error;
}

std::int64_t Loop::records_in_flight() const {
  std::int64_t count = ledger_.records_under_way();
  for (const kafka::RecordBatch& batch : batches_) count += static_cast<std::int64_t>(batch.records().size());
  return count;
}

void Loop::block(const Error& error) {
  const std::string words = words_of(error);
  if (error.reason == kReading) {
    if (blocked_by_.empty()) log::info("the stage waits", {{"error", words}});
    blocked_by_ = words;
    backoff_ = Duration{0};
    retry_at_ = steady_clock::now() + kBusyWait;
    return;
  }
  if (words != blocked_by_) log::warn("the stage waits", {{"reason", error.reason}, {"error", error.message}});
  blocked_by_ = words;
  backoff_ = backoff_ == Duration{0} ? kFirstBackoff : std::min(backoff_ * 2, kLastBackoff);
  retry_at_ = steady_clock::now() + backoff_;
}

bool Loop::blocked() const {
  return steady_clock::now() < retry_at_;
}

std::string Loop::problem() const {
  if (!blocked_by_.empty()) return blocked_by_;
  if (std::string consumer = consumer_->problem(); !consumer.empty()) {
    return settings_.kafka_source ? cat("source ", consumer) : consumer;
  }
  // The producer's word counts while it has something to write: only an acknowledgement tells it that brokers are back.
  if (ledger_.under_way() > 0) {
    if (std::string producer = producer_.connection_problem(); !producer.empty()) return producer;
  }
  if (ledger_.under_way() > 0 && steady_clock::now() - last_progress_ > kSilencePatience) {
    return "Kafka: records written are not acknowledged; are enough replicas of the topic in sync?";
  }
  if (std::string upstream = upstream_ ? upstream_->problem() : ""; !upstream.empty()) return upstream;
  return ledger_.problem();
}

void Loop::assigned(const std::vector<kafka::StartPosition>& partitions) {
  joined_ = true;
  for (const kafka::StartPosition& start : partitions) {
    log::info("partition assigned", {{"topic", settings_.input_topic},
                                     {"partition", std::to_string(start.partition)},
                                     {"position", std::to_string(start.position)}});
    if (start.problem) {
      log::error("a partition cannot be read", {{"reason", start.problem->reason}, {"error", start.problem->message}});
    }
    ledger_.assign(start);
    step_.assigned(start);
    if (watermarks_) {
      watermarks_->assign(start.partition, start.position,
                          start.committed ? start.committed->watermark_us.value_or(window::kNever) : window::kNever);
    }
  }
}

void Loop::revoked(const std::vector<int>& partitions, bool lost) {
  if (closing_) return;
  give_up(partitions, lost);
  for (const int partition : partitions) forget(partition);
  log::info("partitions given up", {{"count", std::to_string(partitions.size())}, {"lost", lost ? "true" : "false"}});
}

// The last moment to commit what was done with them.
void Loop::give_up(const std::vector<int>& partitions, bool lost) {
  if (aborted_) return;
  if (!producer_.in_transaction()) {
    if (lost) return;
    finish_handover(kRevokePatience);
    await_acknowledgements(&partitions, kRevokePatience);
  }
  // Also of what finishing the handover opened.
  if (producer_.in_transaction()) {
    Result<void> whole =
        lost ? Error{"PartitionsLost", "partitions were given to another member"} : complete(kRevokePatience);
    if (!whole) return abort(whole.error());
  }
  if (auto committed = committer_->now(&partitions, problem()); !committed) abort(committed.error());
}

// Nothing of a partition that somebody else may own by now is processed any more: a late write of ours could overwrite
// a newer one in a sink.
void Loop::forget(int partition) {
  ledger_.revoke(partition);
  step_.revoked(partition);
  if (watermarks_) watermarks_->revoke(partition);
  ends_.erase(partition);
  const auto holds = [partition](const kafka::RecordBatch& batch) {
    return std::any_of(batch.records().begin(), batch.records().end(),
                       [partition](const kafka::Record& record) { return record.partition == partition; });
  };
  if (handover_ && holds(batches_.front())) {
    handover_->abandon();
    handover_.reset();
    full_since_.reset();
  }
  for (kafka::RecordBatch& batch : batches_) batch.drop(partition);
  std::erase_if(batches_, [](const kafka::RecordBatch& batch) { return batch.empty(); });
  held_back_ = worked_ = std::chrono::microseconds{0};
  in_hand_since_.reset();  // the next turn takes what is left in hand
}

}  // namespace tidegate::stage
