#include "worker/sinks/log_sink.h"

#include <cstdio>

#include "common/json/json.h"

namespace tidegate::sinks {
namespace {

Json as_json(const std::optional<std::string_view>& text) {
  if (!text) return {};
  if (auto parsed = Json::parse(*text)) return *std::move(parsed);
  return *text;
}

class LogSink : public Sink {
 public:
  explicit LogSink(std::string topic) : topic_(std::move(topic)) {}

  Result<void> open() override { return {}; }

  Result<WriteOutcome> write(std::span<const kafka::Record> records) override {
    lines_.clear();
    WriteOutcome outcome;
    for (const kafka::Record& record : records) {
      Json line = Json::object({{"topic", topic_},
                                {"partition", record.partition},
                                {"offset", record.offset},
                                {"timestamp", record.timestamp_ms},
                                {"value", as_json(record.value)}});
      line["key"] = record.key ? Json(*record.key) : Json();
      lines_ += line.dump();
      lines_ += '\n';
      ++outcome.taken;
    }
    const bool written =
        std::fwrite(lines_.data(), 1, lines_.size(), stdout) == lines_.size() && std::fflush(stdout) == 0;
    if (!written) return Error{"Waiting", "standard output takes no more"};
    outcome.acknowledged = outcome.taken;  // a file says no more than that it took all bytes
    return outcome;
  }

 private:
  std::string topic_;
  std::string lines_;
};

}  // namespace

std::unique_ptr<Sink> make_log_sink(const std::string& topic) {
  return std::make_unique<LogSink>(topic);
}

}  // namespace tidegate::sinks
