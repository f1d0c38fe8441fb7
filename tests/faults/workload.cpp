#include "workload.h"

#include <map>

#include "kafka/murmur2.h"
#include "tests/worker/numbers.h"

namespace tidegate::faults {
namespace {

using namespace worker_test;

class RowWise final : public Workload {
 public:
  explicit RowWise(bool exactly_once) : numbers_(kPartitions, exactly_once) {}

  Json settings() const override { return numbers_.settings(); }
  std::string input() const override { return numbers_.stage().input; }
  std::string output() const override { return numbers_.stage().output; }
  std::string dead_letters() const override { return numbers_.stage().dead_letters; }
  std::string group() const override { return numbers_.stage().group; }
  NewRecord next() override { return numbers_.next(); }
  std::int64_t sent() const override { return numbers_.total(); }
  std::int64_t position() const override { return numbers_.position(); }
  std::int64_t expected() const override { return numbers_.rows(); }
  std::string anomalies(const std::vector<Stored>& rows) const override { return numbers_.anomalies(rows); }

 private:
  Numbers numbers_;
};

// Counts and sums per key and ten seconds of event time, a hundred records.
class Windowed final : public Workload {
 public:
  Windowed() : stage_(kPartitions) {}

  Json settings() const override {
    Json settings = stage_.settings();
    settings["input"]["fields"] = Json::parse(R"([{"name": "name", "type": "VARCHAR", "required": true},
      {"name": "n", "type": "BIGINT"}, {"name": "ts", "type": "TIMESTAMP", "required": true}])")
                                      .value();
    settings["eventTime"] = Json::parse(R"({"field": "ts", "maxOutOfOrder": 2000, "maxAhead": 86400000})").value();
    settings["input"]["key"] = Json::array({"name"});
    settings["window"] = Json::object({{"tumbling", Json::object({{"size", kRecords * 100}})}});
    settings["sql"]["query"] = cat("SELECT name, window_start, count(*) AS c, sum(n) AS s FROM \"", stage_.input,
                                   "\" GROUP BY name, window_start");
    return settings;
  }
  std::string input() const override { return stage_.input; }
  std::string output() const override { return stage_.output; }
  std::string dead_letters() const override { return stage_.dead_letters; }
  std::string group() const override { return stage_.group; }

  NewRecord next() override {
    ++sent_;
    Sum& sum = sums_[id_of(at_)];
    ++sum.count;
    sum.sum += at_;
    return record(at_++);
  }
  // The rest of the last window, and a window far behind it that stays open.
  std::vector<NewRecord> last() override {
    std::vector<NewRecord> records;
    while (at_ % kRecords != 0) records.push_back(next());
    const int far = at_ + 10 * kRecords;
    for (int n = far; n < far + kRecords; ++n) records.push_back(record(n));
    sent_ += kRecords;
    return records;
  }
  std::int64_t sent() const override { return sent_; }
  std::int64_t position() const override {
    std::int64_t sum = 0;
    for (const auto& metadata : KafkaServer::instance().committed(stage_.group, stage_.input, kPartitions)) {
      if (metadata) sum += metadata->position;
    }
    return sum;
  }

  std::int64_t expected() const override { return static_cast<std::int64_t>(sums_.size()); }
  // A row with other figures than its window's is one that nobody asked for.
  std::string anomalies(const std::vector<Stored>& rows) const override {
    std::vector<Sent> sent;
    std::map<std::string, std::int64_t> ids;
    for (const auto& [id, sum] : sums_) {
      sent.push_back({name_of(id), id});
      ids.emplace(name_of(id) + time_of(id / kKeys * kRecords), id);
    }
    std::vector<Received> received;
    for (const Stored& row : rows) {
      const Json json = Json::parse(row.value).value();
      const std::string name = json.get("name").as_string();
      const auto id = ids.find(name + json.get("window_start").as_string());
      const bool right = id != ids.end() && json.get("c").as_int() == sums_.at(id->second).count &&
                         json.get("s").as_int() == sums_.at(id->second).sum;
      received.push_back({name, right ? id->second : -1, row.partition});
    }
    Verdict verdict = judge(sent, received, kPartitions);
    verdict.counts.erase(Anomaly::duplicated);
    std::string text = verdict.text();
    if (const auto letters = KafkaServer::instance().read(stage_.dead_letters); !letters.empty()) {
      text += cat(" dead letters: ", std::to_string(letters.size()), " (", letters.front().value, ")");
    }
    return text;
  }

 private:
  static constexpr int kKeys = 7;
  static constexpr int kRecords = 100;  // in a window, a tenth of a second apart
  struct Sum {
    std::int64_t count = 0;
    std::int64_t sum = 0;
  };

  // Of the window and key of a number, in the order of time.
  static std::int64_t id_of(int n) { return n / kRecords * kKeys + n % kKeys; }
  static std::string name_of(std::int64_t id) { return cat("k", std::to_string(id % kKeys)); }
  static std::string time_of(std::int64_t n) {
    const auto two = [](std::int64_t number) { return cat(number < 10 ? "0" : "", std::to_string(number)); };
    const std::int64_t second = n / 10;
    return cat("2026-01-01T", two(second / 3600), ":", two(second / 60 % 60), ":", two(second % 60), "Z");
  }
  static NewRecord record(int n) {
    const std::string name = cat("k", std::to_string(n % kKeys));
    return {name,
            cat(R"({"name":")", name, R"(","n":)", std::to_string(n), R"(,"ts":")", time_of(n), "\"}"),
            kafka::partition_of_key(name, kPartitions),
            {}};
  }

  EvenNumbers stage_;
  int at_ = 0;
  std::int64_t sent_ = 0;
  std::map<std::int64_t, Sum> sums_;
};

}  // namespace

std::unique_ptr<Workload> row_wise(bool exactly_once) {
  return std::make_unique<RowWise>(exactly_once);
}

std::unique_ptr<Workload> windowed() {
  return std::make_unique<Windowed>();
}

}  // namespace tidegate::faults
