#include "kafka/topic_id.h"

namespace tidegate::kafka {
namespace {

constexpr Duration kInterval{2000};

using Collection = std::unique_ptr<rd_kafka_TopicCollection_t, Destroy<rd_kafka_TopicCollection_destroy>>;

void ask_topics(rd_kafka_t* client, const std::vector<std::string>& names, Duration timeout, rd_kafka_queue_t* queue) {
  std::vector<const char*> list;
  for (const std::string& name : names) list.push_back(name.c_str());
  const Collection collection(rd_kafka_TopicCollection_of_topic_names(list.data(), list.size()));
  const AdminOptions options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS));
  char words[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(timeout.count()), words, sizeof words);
  rd_kafka_DescribeTopics(client, collection.get(), options.get(), queue);
}

Result<std::map<std::string, TopicState>> read_topics(rd_kafka_event_t* event) {
  if (const auto code = rd_kafka_event_error(event); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return to_error(code, rd_kafka_event_error_string(event)).context("describe topics");
  }
  std::map<std::string, TopicState> states;
  std::size_t count = 0;
  const rd_kafka_TopicDescription_t** topics =
      rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(event), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_error_t* error = rd_kafka_TopicDescription_error(topics[i]);
    const rd_kafka_resp_err_t code = error == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(error);
    const std::string name = rd_kafka_TopicDescription_name(topics[i]);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code).context("describe topic " + name);
    TopicState state;
    std::size_t partitions = 0;
    const rd_kafka_TopicPartitionInfo_t** list = rd_kafka_TopicDescription_partitions(topics[i], &partitions);
    for (std::size_t n = 0; n < partitions; ++n) {
      std::size_t replicas = 0, in_sync = 0;
      rd_kafka_TopicPartitionInfo_replicas(list[n], &replicas);
      rd_kafka_TopicPartitionInfo_isr(list[n], &in_sync);
      if (in_sync < replicas) ++state.under_replicated;
      if (rd_kafka_TopicPartitionInfo_leader(list[n]) == nullptr) ++state.offline;
    }
    state.partitions = static_cast<int>(partitions);
    state.id = rd_kafka_Uuid_base64str(rd_kafka_TopicDescription_topic_id(topics[i]));
    states.emplace(name, std::move(state));
  }
  return states;
}

}  // namespace

Result<std::map<std::string, TopicState>> describe_topics(rd_kafka_t* client, const std::vector<std::string>& names,
                                                          Duration timeout) {
  if (names.empty()) return std::map<std::string, TopicState>{};
  const Queue queue(rd_kafka_queue_new(client));
  ask_topics(client, names, timeout, queue.get());
  constexpr Duration kMargin{1000};  // the request times out by itself; this only guards against waiting for ever
  const Event event(rd_kafka_queue_poll(queue.get(), static_cast<int>((timeout + kMargin).count())));
  if (!event) return to_error(RD_KAFKA_RESP_ERR__TIMED_OUT).context("describe topics");
  return read_topics(event.get());
}

TopicWatch::TopicWatch(rd_kafka_t* client, std::string topic)
    : client_(client), topic_(std::move(topic)), question_(client, kInterval) {}

std::optional<TopicState> TopicWatch::news() {
  const Event event =
      question_.answer([&](rd_kafka_queue_t* queue) { ask_topics(client_, {topic_}, kRequestTimeout, queue); });
  if (!event) return std::nullopt;
  const auto topics = read_topics(event.get());
  if (!topics) return std::nullopt;  // the client's error callback tells why
  const auto found = topics->find(topic_);
  return found == topics->end() ? TopicState{} : found->second;
}

}  // namespace tidegate::kafka
