#include "worker/files/file_source.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "common/base/text.h"
#include "kafka/admin.h"
#include "kafka/producer.h"
#include "worker/files/file_position.h"
#include "worker/files/file_reader.h"
#include "worker/files/folder.h"
#include "worker/sources/keyed_records.h"
#include "worker/stage/dead_letter.h"
#include "worker/stage/output.h"
#include "worker/stage/rate_limit.h"
#include "worker/stage/stage.h"

namespace tidegate::files {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kMostRows = 4096;  // of a transaction
constexpr std::size_t kMostBytes = 4 << 20;
constexpr Duration kPatience{10'000};  // the transaction's
constexpr Duration kInitPatience{15'000};
constexpr Duration kQueueWait{100};
constexpr Duration kLookAgain{2'000};  // for new files, and whether the volume is back
constexpr Duration kHeartbeat{10'000};

struct Metrics {
  stage::StageMetrics stage;
  metrics::Gauge lag_files;
  metrics::Gauge late_files;
};

// One life of the clients. Everything happens on the thread that calls run().
class Life {
 public:
  Life(const stage::Settings& settings, const codec::Schema& fields, sources::KeyedRecords& records,
       kafka::Producer& producer, const stage::Output& output, stage::Health& health, Metrics& metrics)
      : settings_(settings),
        fields_(fields),
        records_(records),
        producer_(producer),
        output_(output),
        health_(health),
        metrics_(metrics),
        folder_(settings.file_source->directory, settings.file_source->path),
        rate_limit_(settings.rate_limit) {}

  Result<void> run(const std::stop_token& stop) {
    if (auto found = find_position(); !found) return found;
    while (!stop.stop_requested()) {
      Result<bool> moved = turn();
      const bool waiting = !moved && moved.error().reason == "Waiting";
      if (!moved && !waiting) {
        producer_.abort_transaction();
        return std::move(moved).error();
      }
      const std::string problem = waiting ? moved.error().message : "";
      show(problem);
      if (auto told = tell(problem); !told) return told;
      const SteadyTime now = steady_clock::now();
      if (waiting || !*moved) {
        stage::pause_for(kLookAgain, stop);
      } else if (rate_limit_.next() > now) {
        stage::pause_for(std::chrono::duration_cast<Duration>(rate_limit_.next() - now) + Duration{1}, stop);
      }
    }
    return {};
  }

 private:
  Result<void> find_position() {
    auto admin = kafka::Admin::connect(settings_.kafka);
    if (!admin) return std::move(admin).error();
    // Stable: what a worker before this one wrote last may be about to become true.
    auto committed = (*admin)->committed(settings_.group, settings_.output_topic, 1, true);
    if (!committed) return std::move(committed).error();
    auto position = FilePosition::of(committed->front(), folder_.folder());
    if (!position) return std::move(position).error();
    position_ = *std::move(position);
    if (!position_.name.empty()) {
      log::info("goes on", {{"file", folder_.shown(position_.name)}, {"row", std::to_string(position_.place.row)}});
    }
    return {};
  }

  void show(const std::string& problem) {
    health_.set_problem(problem);
    metrics_.stage.waiting.set(problem.empty() ? 0 : 1);
    metrics_.lag_files.set(
        static_cast<double>(folder_.waiting(position_.name) + (position_.name.empty() || position_.end ? 0 : 1)));
    metrics_.late_files.set(static_cast<double>(folder_.late()));
    if (problem != shown_ && !problem.empty()) log::warn("the stage waits", {{"error", problem}});
    shown_ = problem;
  }

  // Commits without rows: what is new about the problem, and a sign of life.
  Result<void> tell(const std::string& problem) {
    if (problem == told_ && steady_clock::now() - committed_at_ < kHeartbeat) return {};
    return commit(position_, problem);
  }

  Result<void> commit(const FilePosition& position, const std::string& problem) {
    const kafka::Commit offset = position.commit(problem, clock_.wall());
    auto committed = producer_.commit_transaction(settings_.group, settings_.output_topic, {&offset, 1});
    if (!committed) return committed;
    position_ = position;
    told_ = problem;
    committed_at_ = steady_clock::now();
    return {};
  }

  // Some rows, in one transaction; false when there are none now. Waiting: the volume fails.
  Result<bool> turn() {
    if (!reader_) {
      auto opened = open_next();
      if (!opened || !*opened) return opened;
    }
    const SteadyTime begin = steady_clock::now();
    Result<Rows> rows = reader_ ? reader_->read(rate_limit_.largest_batch(kMostRows), kMostBytes)
                                : Result<Rows>(*std::exchange(unreadable_, std::nullopt));
    if (!rows && rows.error().reason == "Malformed") rows = instead_of_the_rest(rows.error());
    if (!rows || rows->end) reader_.reset();
    if (!rows) return std::move(rows).error();
    rate_limit_.take(rows->rows.size(), begin);
    if (auto written = write(*rows); !written) return std::move(written).error();
    const std::chrono::duration<double> time = steady_clock::now() - begin;
    metrics_.stage.batch_seconds.observe(time.count());
    metrics_.stage.busy_seconds.add(time.count());
    return true;
  }

  // The file that is not read to its end, or the next one.
  Result<bool> open_next() {
    const auto there = folder_.has(position_.name);
    if (!there) return there.error();
    if (!position_.end && !*there && position_.place.row > 0) {
      return Error{"Waiting", cat("Volume: ", folder_.shown(position_.name), " is gone and was read to row ",
                                  std::to_string(position_.place.row),
                                  " only; put it back, or an empty file of that name to go on without it")};
    }
    if (position_.end || !*there) {
      const auto next = folder_.after(position_.name);
      if (!next) return next.error();
      if (!*next) return false;
      position_.name = **next;
      position_.place = {};
      position_.end = false;
      log::info("a new file", {{"file", folder_.shown(position_.name)}});
    }
    const FileReader::File file{folder_.path_of(position_.name), folder_.shown(position_.name),
                                settings_.file_source->format};
    auto opened = FileReader::open(file, fields_, position_.place);
    if (opened) {
      reader_ = *std::move(opened);
    } else if (opened.error().reason == "Malformed") {
      unreadable_ = opened.error();
    } else {
      return std::move(opened).error();
    }
    return true;
  }

  // A file that is none as a whole, or from here on, is one dead letter with its name.
  Rows instead_of_the_rest(const Error& error) const {
    Rows rows;
    rows.behind = position_.place;
    rows.end = true;
    Row& row = rows.rows.emplace_back();
    row.number = position_.place.row + 1;
    row.text = folder_.shown(position_.name);
    row.refused = error;
    row.summary = "a file cannot be read";
    return rows;
  }

  Result<void> write(const Rows& rows) {
    FilePosition position = position_;
    position.place = rows.behind;
    position.end = rows.end;
    position.seen += std::ssize(rows.rows);
    stage::Accounts accounts;
    std::string keys;
    records_.begin(keys);
    const auto letters = kafka::Delivery::create();
    for (const Row& row : rows.rows) {
      std::string summary = row.summary;
      const std::optional<Error> refused = row.refused ? row.refused : refusal(row.record(), summary);
      if (!refused) continue;
      if (auto written = dead_letter(row, *refused, letters); !written) return written;
      ++accounts.reasons[refused->reason];
      accounts.last_error = summary;
    }
    letters->seal();
    const auto delivery = kafka::Delivery::create();
    const auto partitions = producer_.partitions(settings_.output_topic);
    if (!partitions) return partitions.error();
    const auto by_partition = records_.by_partition(*partitions);
    for (std::size_t slot = 0; slot < by_partition.size(); ++slot) {
      std::span<const kafka::OutRecord> some = by_partition[slot];
      accounts.gave += std::ssize(some);
      auto written = all_of(some.size(), [&](std::size_t done) {
        return producer_.produce(settings_.output_topic, static_cast<int>(slot) - 1, some.subspan(done), delivery,
                                 true);
      });
      if (!written) return written;
    }
    delivery->seal();
    metrics_.stage.in_flight_records.set(static_cast<double>(rows.rows.size()));
    if (!producer_.flush(kPatience)) {
      return Error{"KafkaUnavailable", "Kafka: records written are not acknowledged in time"};
    }
    for (const auto& sent : {delivery, letters}) {
      if (sent->failed() > 0) return *sent->error();
    }
    accounts.in = std::ssize(rows.rows);
    accounts.took = static_cast<std::int64_t>(records_.size());
    accounts.out = delivery->acknowledged();
    accounts.dead_letters = letters->acknowledged();
    position.accounts.add(accounts);
    if (auto committed = commit(position, ""); !committed) return committed;
    for (const auto& [reason, count] : accounts.reasons) {
      for (std::int64_t i = 0; i < count; ++i) metrics_.stage.dead_letter(reason);
    }
    metrics_.stage.in_flight_records.set(0);
    metrics_.stage.settled({accounts, accounts.in, {}, std::nullopt}, epoch_ms(clock_.wall()));
    return {};
  }

  // Takes a record in, or tells why the topic, or whoever reads it, would not.
  std::optional<Error> refusal(std::string_view record, std::string& summary) {
    if (auto added = records_.add(record); !added) {
      summary = records_.summary();
      return added.error();
    }
    const std::size_t bytes = record.size() + records_.last_key_size().value_or(0);
    std::optional<Error> error;
    if (bytes > output_.max_row_bytes) {
      error = Error{"Oversized", cat("the record has ", std::to_string(bytes), " bytes; the topic takes ",
                                     std::to_string(output_.max_row_bytes), " (max.message.bytes)")};
    } else if (output_.needs_key && !records_.last_key_size()) {
      error = Error{"Rejected", "the topic is compacted and takes no record without a key"};
    }
    if (!error) return std::nullopt;
    records_.drop_last();
    summary = error->message;
    return error;
  }

  Result<void> dead_letter(const Row& row, const Error& error, const std::shared_ptr<kafka::Delivery>& delivery) {
    stage::Settings from = {};
    from.input_topic = folder_.shown(position_.name);
    from.pipeline = settings_.pipeline;
    from.stage = settings_.stage;
    kafka::Record record;
    record.value = row.text;
    record.offset = row.number;
    record.timestamp_ms = epoch_ms(clock_.wall());
    const char* const unit = settings_.file_source->format == "parquet" ? ", row " : ", line ";
    const stage::Rejection rejection{0, error.reason,
                                     cat(from.input_topic, unit, std::to_string(row.number), ": ", error.message), ""};
    const auto headers = stage::dead_letter_headers(from, record, rejection, clock_.wall());
    return all_of(1, [&](std::size_t) {
      return producer_.produce_with_headers(settings_.dead_letter_topic, -1, {std::nullopt, row.text}, headers,
                                            delivery);
    });
  }

  // Calls until the producer's queue has taken so many.
  template <typename Produce>
  Result<void> all_of(std::size_t count, Produce produce) {
    const SteadyTime deadline = steady_clock::now() + kPatience;
    for (std::size_t done = 0; done < count;) {
      auto taken = produce(done);
      if (!taken) return std::move(taken).error();
      done += *taken;
      if (*taken > 0) continue;
      producer_.poll(kQueueWait);
      if (steady_clock::now() > deadline) return Error{"KafkaUnavailable", "Kafka takes no records"};
    }
    return {};
  }

  const stage::Settings& settings_;
  const codec::Schema& fields_;
  sources::KeyedRecords& records_;
  kafka::Producer& producer_;
  const stage::Output& output_;
  stage::Health& health_;
  Metrics& metrics_;
  Clock clock_ = Clock::real();
  Folder folder_;
  stage::RateLimit rate_limit_;
  FilePosition position_;  // as committed, but for a file that was opened and of which nothing is written yet
  std::unique_ptr<FileReader> reader_;
  std::optional<Error> unreadable_;  // why the file has no reader
  std::string shown_;
  std::string told_;  // by the last commit
  SteadyTime committed_at_{};
};

}  // namespace

Result<void> run_file_source(const stage::Settings& settings, metrics::Registry& registry, stage::Health& health,
                             const std::stop_token& stop) {
  auto declared = codec::Schema::from_json(settings.output_fields, settings.output_format);
  if (!declared) return std::move(declared).error();
  const codec::Schema fields = declared->of_values();  // the others come with Kafka
  auto records = sources::KeyedRecords::of(fields, settings.output_key);
  if (!records) return std::move(records).error();
  const metrics::Labels labels = stage::labels_of(settings);
  Metrics metrics{stage::StageMetrics(registry, settings), registry.gauge("tidegate_source_lag_files", labels),
                  registry.gauge("tidegate_source_late_files", labels)};
  stage::run_lives(health, metrics.stage.waiting, stop, [&](const std::string&) -> Result<void> {
    kafka::ProducerOptions options;
    options.client = settings.kafka;
    // Of the group and not of the pod: whoever comes later ends what an earlier pod has open.
    options.transactional_id = settings.group;
    auto producer = kafka::Producer::create(options);
    if (!producer) return std::move(producer).error();
    auto output = stage::describe_output(settings, **producer, options.max_record_bytes);
    if (!output) return std::move(output).error();
    if (auto ready = (*producer)->init_transactions(kInitPatience); !ready) return ready;
    return Life(settings, fields, *records, **producer, *output, health, metrics).run(stop);
  });
  return {};
}

}  // namespace tidegate::files
