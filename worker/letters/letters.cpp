#include "worker/letters/letters.h"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <limits>
#include <vector>

#include "common/base/text.h"
#include "kafka/admin.h"
#include "kafka/topic_reader.h"
#include "worker/letters/letter.h"
#include "worker/letters/replay.h"
#include "worker/stage/settings.h"

namespace tidegate::letters {
namespace {

constexpr std::size_t kMostShown = 16384;  // bytes of a value
constexpr std::int64_t kDefaultLimit = 20;

void line(const char* name, Json value) {
  std::puts(Json::object({{name, std::move(value)}}).dump().c_str());
}

// What is in the topic now, from offset `from` of each partition on, or only the last `last` records of each.
Result<std::unique_ptr<kafka::TopicReader>> open(const stage::Settings& settings, const std::string& topic,
                                                 std::int64_t from, std::int64_t last) {
  auto admin = kafka::Admin::connect(settings.kafka);
  if (!admin) return std::move(admin).error();
  auto topics = (*admin)->describe_topics({topic});
  if (!topics) return std::move(topics).error();
  if (!topics->contains(topic)) return Error{"TopicMissing", cat("topic ", topic, " does not exist")};
  auto logs = (*admin)->log_offsets({{topic, topics->at(topic).partitions}});
  if (!logs) return std::move(logs).error();
  std::map<int, kafka::TopicReader::Stretch> stretches;
  int partition = 0;
  for (const kafka::LogOffsets& log : (*logs)[topic])
    stretches[partition++] = {std::max({log.start, from, log.stable - last}), log.stable};
  return kafka::TopicReader::open(settings.kafka, topic, stretches);
}

// Calls `take` for each batch, until it returns false.
template <typename Take>
Result<void> read_all(kafka::TopicReader& reader, Take take) {
  while (!reader.done()) {
    auto batch = reader.read(kBatch, kWait);
    if (!batch) return std::move(batch).error();
    if (batch->empty() && !reader.done()) return Error{"KafkaUnavailable", "Kafka brings no records"};
    if (!take(*batch)) return {};
  }
  return {};
}

struct Tally {
  std::int64_t count = 0;
  std::string first, last, example;
};

Result<void> list(kafka::TopicReader& reader, const Filter& filter) {
  std::map<std::string, Tally> by_reason;
  std::int64_t total = 0;
  const auto read = read_all(reader, [&](const kafka::RecordBatch& batch) {
    for (const kafka::Record& letter : batch.records()) {
      const Origin origin = origin_of(kafka::headers(letter));
      if (!filter.takes(letter, origin)) continue;
      Tally& tally = by_reason[origin.reason];
      const std::string at = origin.failed_at ? to_rfc3339(*origin.failed_at) : "";
      if (tally.count++ == 0) tally.first = at;
      tally.last = at;
      tally.example = origin.message;
      ++total;
    }
    return true;
  });
  if (!read) return read;
  Json reasons = Json::Array{};
  for (const auto& [reason, tally] : by_reason) {
    reasons.push_back(Json::object({{"reason", reason},
                                    {"count", tally.count},
                                    {"first", tally.first},
                                    {"last", tally.last},
                                    {"message", tally.example}}));
  }
  line("done", Json::object({{"deadLetters", total}, {"reasons", std::move(reasons)}}));
  return {};
}

// The last `limit` of what `render` makes of records; it returns null for those that are not meant.
template <typename Render>
Result<void> print_last(kafka::TopicReader& reader, std::size_t limit, Render render) {
  std::deque<std::pair<std::int64_t, Json>> last;
  std::int64_t found = 0;
  const auto read = read_all(reader, [&](const kafka::RecordBatch& batch) {
    for (const kafka::Record& record : batch.records()) {
      Json shown = render(record);
      if (shown.is_null()) continue;
      ++found;
      last.emplace_back(record.timestamp_ms, std::move(shown));
      if (last.size() > limit * 8) {  // several partitions are read one after the other
        std::stable_sort(last.begin(), last.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        last.erase(last.begin(), last.end() - static_cast<std::ptrdiff_t>(limit));
      }
    }
    return true;
  });
  if (!read) return read;
  std::stable_sort(last.begin(), last.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  if (last.size() > limit) last.erase(last.begin(), last.end() - static_cast<std::ptrdiff_t>(limit));
  for (auto& [time, shown] : last) line("record", std::move(shown));
  line("done", Json::object({{"shown", static_cast<std::int64_t>(last.size())}, {"found", found}}));
  return {};
}

Result<void> act(const std::string& config, const Json& request) {
  auto settings = stage::load_settings(config);
  if (!settings) return std::move(settings).error();
  auto filter = Filter::from_json(request);
  if (!filter) return std::move(filter).error();
  const std::string& action = request.get("action").as_string();
  const auto limit =
      static_cast<std::size_t>(std::clamp<std::int64_t>(request.get("limit").as_int(kDefaultLimit), 1, 1000));
  const bool tail = action == "tail";
  const std::string& output = settings->output_topic.empty() ? settings->input_topic : settings->output_topic;
  const std::string& topic = tail ? output : settings->dead_letter_topic;
  if (topic.empty()) return Error{"InvalidArguments", cat("stage ", settings->stage, " has no dead letters")};
  constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max() / 2;
  auto reader = open(*settings, topic, request.get("from").as_int(0), tail ? static_cast<std::int64_t>(limit) : kAll);
  if (!reader) return std::move(reader).error();
  if (tail) return print_last(**reader, limit, [](const kafka::Record& record) { return show(record, kMostShown); });
  if (action == "list") return list(**reader, *filter);
  if (action == "show") {
    return print_last(**reader, limit, [&](const kafka::Record& letter) {
      const Origin origin = origin_of(kafka::headers(letter));
      return filter->takes(letter, origin) ? show_letter(letter, origin, kMostShown) : Json();
    });
  }
  if (action != "replay") return Error{"InvalidArguments", cat("no such action: ", action)};
  ReplayOptions options;
  options.rate = static_cast<int>(std::clamp<std::int64_t>(request.get("rate").as_int(100), 1, 100'000));
  options.limit = request.get("limit").as_int(kAll);
  options.most_failures = static_cast<int>(request.get("mostFailures").as_int(options.most_failures));
  options.dry_run = request.get("dryRun").as_bool();
  auto replayed = replay(*settings, options, *filter, **reader);
  if (!replayed) return std::move(replayed).error();
  line("done", *std::move(replayed));
  return {};
}

}  // namespace

int run(const std::string& config, const Json& request) {
  const Result<void> done = act(config, request);
  if (!done) line("error", done.error().message);
  return done ? 0 : 1;
}

}  // namespace tidegate::letters
