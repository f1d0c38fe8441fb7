#include "load.h"

#include <limits>
#include <stdexcept>

#include "common/base/text.h"
#include "kafka/producer.h"
#include "kafka/topic_reader.h"

namespace tidegate::faults {
namespace {

using namespace worker_test;

constexpr Duration kPause{10};
constexpr int kRecords = 30;  // after each pause: at most 3000 a second
constexpr Duration kFlushPatience{60'000};

std::unique_ptr<kafka::Producer> connect() {
  kafka::ProducerOptions options;
  options.client = KafkaServer::instance().config();
  auto producer = kafka::Producer::create(options);
  if (!producer) throw std::runtime_error(producer.error().message);
  return *std::move(producer);
}

void write(kafka::Producer& producer, const std::string& topic, const NewRecord& record,
           const std::shared_ptr<kafka::Delivery>& delivery) {
  const kafka::OutRecord out{record.key, record.value};
  for (;;) {
    const auto taken = producer.produce(topic, record.partition, {&out, 1}, delivery, true);
    if (!taken) throw std::runtime_error(taken.error().message);
    if (*taken == 1) return;
    producer.poll(kPause);
  }
}

}  // namespace

Load::Load(Workload& workload)
    : workload_(workload), thread_([this](const std::stop_token& stop) {
        try {
          const std::string topic = workload_.input();
          const auto producer = connect();
          const auto delivery = kafka::Delivery::create();
          while (!stop.stop_requested()) {
            for (int i = 0; i < kRecords; ++i) write(*producer, topic, workload_.next(), delivery);
            producer->poll(Duration{0});
            std::this_thread::sleep_for(kPause);
          }
          for (const NewRecord& record : workload_.last()) write(*producer, topic, record, delivery);
          delivery->seal();
          if (!producer->flush(kFlushPatience)) problem_ = "not all records sent are acknowledged";
          if (delivery->failed() > 0) problem_ = "Kafka refused a record sent: " + delivery->error()->message;
        } catch (const std::exception& error) {
          problem_ = error.what();
        }
      }) {}

void Load::finish() {
  thread_ = {};
  if (!problem_.empty()) throw std::runtime_error(problem_);
}

Watch::Watch(const std::string& topic)
    : thread_([this, topic](const std::stop_token& stop) {
        std::map<int, kafka::TopicReader::Stretch> all;
        for (int i = 0; i < kPartitions; ++i) all[i] = {0, std::numeric_limits<std::int64_t>::max()};
        const auto reader = kafka::TopicReader::open(KafkaServer::instance().config(), topic, all);
        while (reader && !stop.stop_requested()) {
          const auto batch = (*reader)->read(1000, Duration{100});
          if (!batch) continue;  // no broker now, for example; the client goes on by itself
          for (const kafka::Record& record : batch->records()) {
            seen_.push_back({{record.partition, record.offset}, std::string(record.value.value_or(""))});
          }
          rows_ = std::ssize(seen_);
        }
      }) {}

std::string Watch::anomalies(const std::vector<Stored>& all) const {
  std::map<Place, const std::string*> rows;
  for (const Stored& row : all) rows[{row.partition, row.offset}] = &row.value;
  std::map<int, std::map<Place, const std::string*>::const_iterator> next;  // by partition: what must be seen next
  for (int i = 0; i < kPartitions; ++i) next[i] = rows.lower_bound({i, 0});
  for (const auto& [place, value] : seen_) {
    const std::string where = cat(std::to_string(place.first), "/", std::to_string(place.second));
    const auto row = rows.find(place);
    if (row == rows.end()) return cat("aborted read (", where, ": ", value, ")");
    if (*row->second != value) return cat("inconsistent offset (", where, ": ", value, ", later ", *row->second, ")");
    auto& expected = next[place.first];
    if (expected != row) return cat("a reader skipped or went back (", where, ")");
    ++expected;
  }
  return {};
}

}  // namespace tidegate::faults
