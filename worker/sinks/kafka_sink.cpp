#include "worker/sinks/kafka_sink.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "kafka/admin.h"
#include "kafka/producer.h"
#include "worker/sinks/waiting.h"

namespace tidegate::sinks {
namespace {

using std::chrono::steady_clock;

constexpr Duration request_timeout{4'000};
constexpr Duration write_patience{8'000};  // of one write()
constexpr Duration away_patience{2'000};   // without any broker
constexpr Duration poll_interval{20};
constexpr int default_topic_limit = 1048588;  // Kafka's default of max.message.bytes
constexpr int least_limit = 1'000;            // of librdkafka's message.max.bytes
constexpr int most_limit = 16 * 1024 * 1024;

class KafkaSink final : public Sink {
 public:
  explicit KafkaSink(const stage::OtherKafka& target) : target_(target) {}

  Result<void> open() override;
  Result<WriteOutcome> write(std::span<const kafka::Record> records) override;

 private:
  // Partition, offset and time: another record of the same offset, of a topic made anew, is not mistaken for it.
  using Id = std::tuple<int, std::int64_t, std::int64_t>;
  static Id id_of(const kafka::Record& record) { return {record.partition, record.offset, record.timestamp_ms}; }

  // What became of a record of the batch.
  struct Fate {
    bool acknowledged = false;
    std::string refusal;  // the target's words
    bool open() const { return !acknowledged && refusal.empty(); }
  };

  Result<void> send(std::span<const kafka::Record> records, std::span<const std::size_t> indices, SteadyTime deadline);
  Result<bool> hand_over(const kafka::Record& record, Fate& fate, const std::shared_ptr<kafka::Delivery>& delivery,
                         SteadyTime deadline);
  Result<void> serve(SteadyTime deadline);
  int topic_limit(const kafka::ClientConfig& client) const;
  Error waiting(std::string_view problem);

  const stage::OtherKafka target_;
  std::unique_ptr<kafka::Producer> producer_;
  std::vector<Fate> fates_;  // of the batch under way
  std::optional<SteadyTime> away_since_;
  std::set<Id> acknowledged_;  // of a batch that failed later
};

Error KafkaSink::waiting(std::string_view problem) {
  producer_.reset();
  away_since_.reset();
  constexpr std::string_view prefix = "Kafka: ";
  if (problem.starts_with(prefix)) problem.remove_prefix(prefix.size());
  return waiting_for("target Kafka", problem);
}

Result<void> KafkaSink::open() {
  producer_.reset();
  auto client = kafka::with_files(target_.client);
  if (!client) return waiting(client.error().message);
  kafka::ProducerOptions options;
  options.client = *client;
  auto made = kafka::Producer::create(options);
  if (!made) return waiting(made.error().message);
  producer_ = *std::move(made);
  const auto partitions = producer_->partitions(target_.topic, request_timeout);
  if (!partitions) {
    if (partitions.error().reason == "TopicMissing") {
      return waiting(
          cat("topic ", target_.topic, " does not exist there; create it, or correct kafka.topic of the sink"));
    }
    producer_->poll(Duration{0});  // brings why no broker can be reached
    const std::string why = producer_->connection_problem();
    return waiting(why.empty() ? partitions.error().message : why);
  }
  // A broker refuses what is too large a batch at a time, so that none may be larger than the topic takes.
  options.max_record_bytes = topic_limit(*client);
  auto fitting = kafka::Producer::create(options);
  if (!fitting) return waiting(fitting.error().message);
  producer_ = *std::move(fitting);
  return {};
}

// Kafka's default also when we may not read the topic's configuration.
int KafkaSink::topic_limit(const kafka::ClientConfig& client) const {
  auto admin = kafka::Admin::connect(client, request_timeout);
  if (!admin) return default_topic_limit;
  const auto config = (*admin)->topic_config(target_.topic);
  if (!config || !config->contains("max.message.bytes")) return default_topic_limit;
  return std::clamp(std::stoi(config->at("max.message.bytes")), least_limit, most_limit);
}

Result<WriteOutcome> KafkaSink::write(std::span<const kafka::Record> records) {
  if (!producer_) return waiting("not ready");
  const SteadyTime deadline = steady_clock::now() + write_patience;
  fates_.assign(records.size(), {});
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < records.size(); ++i) {
    fates_[i].acknowledged = acknowledged_.contains(id_of(records[i]));
    if (!fates_[i].acknowledged) open.push_back(i);
  }
  acknowledged_.clear();
  Result<void> sent = send(records, open, deadline);
  // A batch is refused as a whole: each of its records alone shows which is at fault.
  for (std::size_t i = 0; sent && i < records.size(); ++i) {
    if (fates_[i].acknowledged || fates_[i].refusal.empty()) continue;
    fates_[i].refusal.clear();
    sent = send(records, {{i}}, deadline);
  }
  if (!sent) {
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (fates_[i].acknowledged) acknowledged_.insert(id_of(records[i]));
    }
    return std::move(sent).error();
  }
  WriteOutcome outcome;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (fates_[i].acknowledged) {
      ++outcome.acknowledged;
    } else {
      outcome.refused.push_back(
          {i, "Rejected", cat("the target's topic takes no such record: ", fates_[i].refusal), fates_[i].refusal});
    }
  }
  outcome.taken = static_cast<std::int64_t>(records.size() - outcome.refused.size());
  return outcome;
}

// Until each of them is acknowledged or refused; fails when that takes too long or Kafka lets us in no more.
Result<void> KafkaSink::send(std::span<const kafka::Record> records, std::span<const std::size_t> indices,
                             SteadyTime deadline) {
  std::vector<std::shared_ptr<kafka::Delivery>> deliveries;
  Result<void> served;
  for (const std::size_t index : indices) {
    const auto delivery = deliveries.emplace_back(kafka::Delivery::create());
    const auto taken = hand_over(records[index], fates_[index], delivery, deadline);
    delivery->seal();
    if (!taken) {
      served = taken.error();
      break;
    }
  }
  while (served && producer_->queued() > 0) served = serve(deadline);
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    Fate& fate = fates_[indices[i]];
    fate.acknowledged = deliveries[i]->acknowledged() > 0;
    const auto error = deliveries[i]->error();
    if (!error) continue;
    if (error->reason == "RecordTooLarge" || error->reason == "RecordRefused") {
      fate.refusal = error->message;
    } else if (served) {
      served = *error;
    }
  }
  if (!served) return waiting(served.error().message);
  return {};
}

// False: it was refused on the way already.
Result<bool> KafkaSink::hand_over(const kafka::Record& record, Fate& fate,
                                  const std::shared_ptr<kafka::Delivery>& delivery, SteadyTime deadline) {
  constexpr int by_key = -1;
  const auto headers = kafka::headers(record);
  for (;;) {
    const auto taken = producer_->produce_with_headers(target_.topic, by_key, {record.key, record.value}, headers,
                                                       delivery, record.timestamp_ms);
    if (!taken && taken.error().reason == "RecordTooLarge") {
      fate.refusal = taken.error().message;
      return false;
    }
    if (!taken) return taken.error();
    if (*taken == 1) return true;
    if (auto served = serve(deadline); !served) return served.error();  // the queue is full
  }
}

Result<void> KafkaSink::serve(SteadyTime deadline) {
  producer_->poll(poll_interval);
  if (auto fatal = producer_->fatal()) return *std::move(fatal);
  const SteadyTime now = steady_clock::now();
  const std::string problem = producer_->connection_problem();
  if (problem.empty()) away_since_.reset();
  if (!problem.empty() && !away_since_) away_since_ = now;
  if (away_since_ && now - *away_since_ > away_patience) return Error{"KafkaUnavailable", problem};
  if (now < deadline) return {};
  return Error{"KafkaUnavailable",
               problem.empty() ? "records are not acknowledged; are enough replicas in sync?" : problem};
}

}  // namespace

std::unique_ptr<Sink> make_kafka_sink(const stage::OtherKafka& target) {
  return std::make_unique<KafkaSink>(target);
}

}  // namespace tidegate::sinks
