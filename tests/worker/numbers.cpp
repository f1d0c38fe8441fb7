#include "numbers.h"

#include "worker_process.h"

namespace tidegate::worker_test {
namespace {

constexpr int kKeys = 97;

}  // namespace

Json Numbers::settings() const {
  Json settings = stage_.settings();
  if (exactly_once_) settings["delivery"] = "exactly-once";
  return settings;
}

NewRecord Numbers::next() {
  const int n = total_++;
  const std::string name = cat("k", std::to_string(n % kKeys));
  const bool letter = n % 100 == 7;
  if (!letter && n % 2 == 0) sent_.push_back({name, n});
  return {std::nullopt,
          cat(R"({"n":)", letter ? "\"?\"" : std::to_string(n), R"(,"name":")", name, "\"}"),
          n % kKeys % stage_.partitions_in,
          {}};
}

void Numbers::produce(int count) {
  std::vector<NewRecord> records;
  for (int i = 0; i < count; ++i) records.push_back(next());
  KafkaServer::instance().produce(stage_.input, records);
}

std::string Numbers::anomalies() const {
  KafkaServer& kafka = KafkaServer::instance();
  // What a worker left open when it died hides what was written behind it until Kafka aborts it.
  for (const std::string& topic : {stage_.output, stage_.dead_letters}) {
    if (!eventually([&] { return kafka.stable(topic); })) return cat("a transaction hangs in ", topic);
  }
  return anomalies(kafka.read(stage_.output));
}

std::string Numbers::anomalies(const std::vector<Stored>& rows) const {
  Verdict verdict = judge(sent_, received(rows), stage_.partitions_out);
  if (!exactly_once_) verdict.counts.erase(Anomaly::duplicated);
  std::string text = verdict.text();
  std::map<std::string, int> places;
  for (const Stored& letter : KafkaServer::instance().read(stage_.dead_letters)) {
    ++places[cat(letter.headers.at("tidegate-partition"), "/", letter.headers.at("tidegate-offset"))];
  }
  for (const auto& [place, times] : places) {
    if (exactly_once_ && times > 1) text += cat(" dead letter ", place, " ", std::to_string(times), " times");
  }
  const auto letters = static_cast<std::int64_t>((total_ + 92) / 100);
  if (std::ssize(places) != letters) text += cat(" dead letters: ", std::to_string(places.size()));
  const auto totals = stage_.totals();
  if (totals.in != total_) text += cat(" counted in: ", std::to_string(totals.in));
  if (totals.out != std::ssize(sent_)) text += cat(" counted out: ", std::to_string(totals.out));
  if (totals.dead_letters != letters) text += cat(" counted dead: ", std::to_string(totals.dead_letters));
  return text;
}

}  // namespace tidegate::worker_test
