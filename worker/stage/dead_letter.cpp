#include "worker/stage/dead_letter.h"

#include "common/base/text.h"

namespace tidegate::stage {

constexpr std::size_t kMaxMessageBytes = 1000;

std::vector<kafka::Header> dead_letter_headers(const Settings& settings, const kafka::Record& record,
                                               const Rejection& rejection, WallTime now) {
  std::vector<kafka::Header> headers = kafka::headers(record);
  headers.push_back({"tidegate-topic", settings.input_topic});
  headers.push_back({"tidegate-partition", std::to_string(record.partition)});
  headers.push_back({"tidegate-offset", std::to_string(record.offset)});
  headers.push_back({"tidegate-timestamp", std::to_string(record.timestamp_ms)});
  headers.push_back({"tidegate-pipeline", settings.pipeline});
  headers.push_back({"tidegate-stage", settings.stage});
  headers.push_back({"tidegate-reason", rejection.reason});
  headers.push_back({"tidegate-message", std::string(truncate_utf8(rejection.message, kMaxMessageBytes))});
  headers.push_back({"tidegate-time", to_rfc3339(now)});
  return headers;
}

}  // namespace tidegate::stage
