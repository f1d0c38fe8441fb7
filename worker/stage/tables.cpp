#include "worker/stage/tables.h"

#include <algorithm>

#include "common/base/log.h"
#include "common/base/text.h"
#include "kafka/murmur2.h"
#include "worker/stage/health.h"
#include "worker/stage/step.h"

namespace tidegate::stage {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kBatch = 10'000;
constexpr Duration kReadingSlice{100};   // for which reading at the start holds up the loop
constexpr Duration kFollowingSlice{20};  // the same while records are worked on
constexpr Duration kWait{10};            // for a first record
constexpr Duration kWordsInterval{1000};
constexpr Duration kReadAgain{60'000};      // after the memory was not enough: rows may have been removed
constexpr std::size_t kMostStale = 10'000;  // keys that are remembered
constexpr const char* kReasons[] = {"Malformed", "WrongType", "MissingField", "Oversized", "KeyMismatch"};

std::string mebibytes(std::size_t bytes) {
  return cat(std::to_string(bytes >> 20), " MiB");
}

}  // namespace

Tables::Tables(const Settings& settings, metrics::Registry* registry) : settings_(settings) {
  if (registry == nullptr) {
    own_ = std::make_unique<metrics::Registry>();
    registry = own_.get();
  }
  auto tables = engine::tables_from_json(settings.tables);
  if (!tables) {
    broken_ = tables.error().message;
    return;
  }
  for (engine::Table& table : *tables) {
    metrics::Labels labels = labels_of(settings);
    labels["table"] = table.name();
    auto one = std::make_unique<Followed>(std::move(table));
    one->rows = registry->gauge("tidegate_table_rows", labels);
    one->bytes = registry->gauge("tidegate_table_bytes", labels);
    one->lag = registry->gauge("tidegate_table_lag_records", labels);
    one->stale_rows = registry->gauge("tidegate_table_stale_rows", labels);
    for (const char* reason : kReasons) {
      labels["reason"] = reason;
      one->rejected[reason] = registry->counter("tidegate_table_rejected_records_total", labels);
    }
    all_.push_back(std::move(one));
  }
}

std::vector<const engine::Table*> Tables::tables() const {
  std::vector<const engine::Table*> out;
  for (const auto& one : all_) out.push_back(&one->table);
  return out;
}

Result<void> Tables::follow() {
  if (!broken_.empty()) return Error{"InvalidSettings", broken_};
  if (full_since_ && steady_clock::now() - *full_since_ < kReadAgain) return full();
  if (full_since_) {
    full_since_.reset();
    for (const auto& one : all_) {
      one->follower.reset();
      one->table.clear();
    }
  }
  std::string missing;
  bool complete = true;
  for (const auto& one : all_) {
    if (auto taken = take_in(*one); !taken) return taken;
    if (!one->follower->caught_up()) {
      complete = false;
      if (missing.empty()) missing = one->follower->problem();
    }
  }
  std::size_t bytes = 0;
  for (const auto& one : all_) bytes += one->table.bytes();
  if (bytes > static_cast<std::size_t>(settings_.tables_memory)) {
    full_since_ = steady_clock::now();
    complete_ = false;
    return full();
  }
  if (!missing.empty()) return Error{"Waiting", cat("tables: ", missing)};
  if (!complete) {
    complete_ = false;
    return Error{kReading, words_of_reading()};
  }
  if (!complete_) {
    for (const auto& one : all_) {
      log::info("table read", {{"table", one->table.name()}, {"rows", std::to_string(one->table.rows())}});
    }
  }
  complete_ = true;
  return {};
}

Result<void> Tables::take_in(Followed& one) {
  if (!one.follower) {
    auto follower = kafka::TopicFollower::open(settings_.kafka, one.table.name());
    if (!follower) return std::move(follower).error();
    one.follower = *std::move(follower);
  }
  const SteadyTime deadline = steady_clock::now() + (complete_ ? kFollowingSlice : kReadingSlice);
  for (bool more = true; more && steady_clock::now() < deadline;) {
    auto followed = one.follower->poll(kBatch, one.follower->caught_up() ? Duration{0} : kWait);
    if (!followed) {
      one.follower.reset();  // a new one reads everything again
      one.table.clear();
      return std::move(followed).error();
    }
    if (followed->anew) {
      one.table.clear();
      one.stale.clear();
    }
    for (const kafka::Record& record : followed->records.records()) put(one, record);
    more = !followed->records.empty() || !one.follower->caught_up();
    // A batch is bounded by the client's queue, so this is not passed by far.
    if (one.table.bytes() > static_cast<std::size_t>(settings_.tables_memory)) break;
  }
  one.rows.set(static_cast<double>(one.table.rows()));
  one.bytes.set(static_cast<double>(one.table.bytes()));
  one.lag.set(static_cast<double>(one.follower->lag()));
  one.stale_rows.set(static_cast<double>(one.stale.size()));
  return {};
}

void Tables::put(Followed& one, const kafka::Record& record) {
  const int partitions = one.follower->partitions();
  Result<void> done;
  if (record.key && kafka::partition_of_key(*record.key, partitions) != record.partition) {
    done = Error{"KeyMismatch", cat("the key belongs in partition ",
                                    std::to_string(kafka::partition_of_key(*record.key, partitions)))};
  } else {
    done = one.table.put(record.key, record.value);
  }
  if (done && one.stale.empty()) return;
  if (done) {
    one.stale.erase(std::string(*record.key));
    return;
  }
  if (record.key && one.stale.size() < kMostStale) one.stale.emplace(*record.key);
  one.rejected.at(done.error().reason).add();
  log::error("a record of a table cannot be used; the row of its key stays as it was",
             {{"table", one.table.name()},
              {"partition", std::to_string(record.partition)},
              {"offset", std::to_string(record.offset)},
              {"reason", done.error().reason},
              {"error", done.error().message}});
}

// Not new words with every call: they are committed at once.
std::string Tables::words_of_reading() {
  const SteadyTime now = steady_clock::now();
  if (now < next_words_ && !reading_.empty()) return reading_;
  next_words_ = now + kWordsInterval;
  std::vector<std::string> words;
  for (const auto& one : all_) {
    if (one->follower->caught_up()) continue;
    const auto [read, of] = one->follower->progress();
    words.push_back(cat(one->table.name(), " (", std::to_string(read), " of ", std::to_string(of), " records)"));
  }
  reading_ = cat("reading table ", join(words, ", "));
  return reading_;
}

Result<void> Tables::full() {
  std::vector<std::string> words;
  for (const auto& one : all_) {
    words.push_back(cat(one->table.name(), " ", mebibytes(one->table.bytes()), " so far"));
  }
  return Error{
      "Waiting",
      cat("the tables need more than ", mebibytes(static_cast<std::size_t>(settings_.tables_memory)),
          ", half of the memory limit (", join(words, ", "), "); raise resources.limits.memory of the processor")};
}

}  // namespace tidegate::stage
