// Shared by the files of this folder only: owning pointers, configuration and error words for librdkafka.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <mutex>
#include <string>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "kafka/config.h"
#include "kafka/record.h"

namespace tidegate::kafka {

// How long a question about topics, groups or offsets may take.
constexpr Duration kRequestTimeout{5000};

template <auto Function>
struct Destroy {
  template <typename T>
  void operator()(T* pointer) const {
    Function(pointer);
  }
};
using Conf = std::unique_ptr<rd_kafka_conf_t, Destroy<rd_kafka_conf_destroy>>;
using Handle = std::unique_ptr<rd_kafka_t, Destroy<rd_kafka_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroy<rd_kafka_queue_destroy>>;
using Topic = std::unique_ptr<rd_kafka_topic_t, Destroy<rd_kafka_topic_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, Destroy<rd_kafka_message_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Destroy<rd_kafka_event_destroy>>;
using ErrorPtr = std::unique_ptr<rd_kafka_error_t, Destroy<rd_kafka_error_destroy>>;
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, Destroy<rd_kafka_topic_partition_list_destroy>>;
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, Destroy<rd_kafka_AdminOptions_destroy>>;
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Destroy<rd_kafka_metadata_destroy>>;

// Collects settings; the first bad one makes finish() fail with InvalidSettings (the value is not repeated: it may be
// secret).
class ConfBuilder {
 public:
  explicit ConfBuilder(const ClientConfig& config);
  void set(const char* name, const std::string& value);
  rd_kafka_conf_t* get() { return conf_.get(); }
  Result<Handle> finish(rd_kafka_type_t type);

 private:
  Conf conf_;
  std::optional<Error> error_;
};

// Why the cluster cannot be worked with, as told by the client's error callback. Thread-safe.
class Connection {
 public:
  // Takes note if the error is about reaching or entering the cluster; returns whether it was.
  bool note(int code, const char* words);
  // A broker answered.
  void alive();
  // Something else that keeps the client from working; stays until it is set to "".
  void complain(std::string problem);
  std::string problem() const;
  // No broker lets us in, as far as known.
  bool away() const;

 private:
  mutable std::mutex mutex_;
  std::string problem_;
  std::string complaint_;
};

// The group has rebalanced since: what was sent with the former generation is refused.
inline constexpr const char* kStaleGeneration = "StaleGeneration";

// A librdkafka error as ours: reason KafkaUnavailable for what passes when a broker is back, TopicMissing,
// RecordTooLarge, RecordRefused (such as one without a key for a compacted topic), StaleGeneration, otherwise
// KafkaError.
Error to_error(rd_kafka_resp_err_t code, const std::string& words);
inline Error to_error(rd_kafka_resp_err_t code) {
  return to_error(code, rd_kafka_err2str(code));
}
Error to_error(ErrorPtr error);
const char* reason_of(rd_kafka_resp_err_t code);

// What a message without error says, in place: key and value stay views into it, and the record comes to own it.
inline void fill(Record& record, rd_kafka_message_t& message) {
  if (message.key != nullptr) record.key.emplace(static_cast<const char*>(message.key), message.key_len);
  if (message.payload != nullptr) record.value.emplace(static_cast<const char*>(message.payload), message.len);
  record.partition = message.partition;
  record.offset = message.offset;
  rd_kafka_timestamp_type_t kind;
  record.timestamp_ms = rd_kafka_message_timestamp(&message, &kind);
  record.handle = &message;
}

}  // namespace tidegate::kafka
