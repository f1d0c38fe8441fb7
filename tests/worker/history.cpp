#include "history.h"

#include <algorithm>
#include <stdexcept>

#include "common/base/text.h"
#include "common/json/json.h"
#include "kafka/murmur2.h"

namespace tidegate::worker_test {

const char* name_of(Anomaly anomaly) {
  switch (anomaly) {
    case Anomaly::lost:
      return "lost";
    case Anomaly::duplicated:
      return "duplicated";
    case Anomaly::invented:
      return "invented";
    case Anomaly::reordered:
      return "reordered";
    case Anomaly::misplaced:
      return "misplaced";
  }
  return "";
}

std::string Verdict::text() const {
  std::string out;
  for (const auto& [anomaly, count] : counts) {
    out += cat(out.empty() ? "" : ", ", name_of(anomaly), " ", std::to_string(count), " (", examples.at(anomaly), ")");
  }
  return out;
}

Verdict judge(const std::vector<Sent>& sent, const std::vector<Received>& received, int partitions) {
  Verdict verdict;
  const auto note = [&](Anomaly anomaly, std::int64_t id, const std::string& key) {
    ++verdict.counts[anomaly];
    verdict.examples.emplace(anomaly, cat("id ", std::to_string(id), " of key ", key));
  };
  std::map<std::int64_t, std::pair<std::string, int>> times;  // by id: its key, how often it was received
  for (const Sent& record : sent) times.emplace(record.id, std::pair(record.key, 0));
  std::map<std::string, std::int64_t> latest;  // by key
  for (const Received& row : received) {
    const auto known = times.find(row.id);
    if (known == times.end() || known->second.first != row.key) {
      note(Anomaly::invented, row.id, row.key);
      continue;
    }
    if (++known->second.second > 1) {
      note(Anomaly::duplicated, row.id, row.key);
      continue;  // late because it is there twice
    }
    if (partitions > 0 && row.partition != kafka::partition_of_key(row.key, partitions)) {
      note(Anomaly::misplaced, row.id, row.key);
    }
    auto& last = latest.try_emplace(row.key, row.id).first->second;
    if (row.id < last) note(Anomaly::reordered, row.id, row.key);
    last = std::max(last, row.id);
  }
  for (const auto& [id, found] : times) {
    if (found.second == 0) note(Anomaly::lost, id, found.first);
  }
  return verdict;
}

std::vector<Received> received(const std::vector<Stored>& rows) {
  std::vector<Received> out;
  for (const Stored& row : rows) {
    auto json = Json::parse(row.value);
    if (!json) throw std::runtime_error("not a row: " + row.value);
    out.push_back({json->get("name").as_string(), json->get("n").as_int(), row.partition});
  }
  return out;
}

}  // namespace tidegate::worker_test
