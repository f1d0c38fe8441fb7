#include "kafka/client.h"

#include "common/base/log.h"
#include "common/base/text.h"

namespace tidegate::kafka {
namespace {

// The library's own log lines go into ours; it writes several a second while a broker is away, so only notable ones.
void on_log(const rd_kafka_t*, int level, const char* facility, const char* text) {
  constexpr int kSyslogWarning = 4;
  const auto log_level = level < kSyslogWarning ? log::Level::warn : log::Level::debug;
  log::write(log_level, "kafka client", {{"facility", facility}, {"text", text}});
}

}  // namespace

ConfBuilder::ConfBuilder(const ClientConfig& config) : conf_(rd_kafka_conf_new()) {
  rd_kafka_conf_set_log_cb(conf_.get(), on_log);
  set("bootstrap.servers", config.bootstrap_servers);
  set("client.id", config.client_id);
  // Back within a second when a broker returns (the default waits up to ten). Not sooner: while all brokers are away
  // librdkafka 2.15 begins anew with the bootstrap servers every half of reconnect.backoff.ms, however long that lasts.
  set("reconnect.backoff.ms", "1000");
  set("reconnect.backoff.max.ms", "1000");
  set("socket.keepalive.enable", "true");
  for (const auto& [name, value] : config.properties) set(name.c_str(), value);
}

void ConfBuilder::set(const char* name, const std::string& value) {
  char words[256];
  if (rd_kafka_conf_set(conf_.get(), name, value.c_str(), words, sizeof words) == RD_KAFKA_CONF_OK || error_) return;
  error_ =
      Error{"InvalidSettings", cat("kafka.properties: librdkafka refuses \"", name, "\"; see its CONFIGURATION.md")};
}

Result<Handle> ConfBuilder::finish(rd_kafka_type_t type) {
  if (error_) return *error_;
  char words[512];
  rd_kafka_t* handle = rd_kafka_new(type, conf_.get(), words, sizeof words);
  if (handle == nullptr) return Error{"InvalidSettings", cat("kafka: ", words)};
  static_cast<void>(conf_.release());  // the handle owns it now
  return Handle(handle);
}

bool Connection::note(int code, const char* words) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TRANSPORT: {
      // One broker of several may be down without harm; only when all are, or none lets us in, is it our problem.
      if (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__RESOLVE) return true;
      const std::lock_guard lock(mutex_);
      // That all brokers are down follows at once, and says less than why none lets us in.
      if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !problem_.empty()) return true;
      // Without "(after 12ms in state …)", which would be news every time.
      const std::string_view text(words);
      problem_ = cat("Kafka: ", truncate_utf8(text.substr(0, text.find(" (after ")), 200));
      return true;
    }
    default:
      return false;
  }
}

void Connection::alive() {
  const std::lock_guard lock(mutex_);
  problem_.clear();
}

void Connection::complain(std::string problem) {
  const std::lock_guard lock(mutex_);
  complaint_ = std::move(problem);
}

bool Connection::away() const {
  const std::lock_guard lock(mutex_);
  return !problem_.empty();
}

std::string Connection::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_.empty() ? complaint_ : problem_;
}

const char* reason_of(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
      return "KafkaUnavailable";
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_ID:
      return "TopicMissing";
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return "RecordTooLarge";
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR__INVALID_DIFFERENT_RECORD:  // of the same batch
      return "RecordRefused";
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
      return kStaleGeneration;
    default:
      return "KafkaError";
  }
}

Error to_error(rd_kafka_resp_err_t code, const std::string& words) {
  return {reason_of(code), cat("Kafka: ", words)};
}

Error to_error(ErrorPtr error) {
  return to_error(rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get()));
}

}  // namespace tidegate::kafka
