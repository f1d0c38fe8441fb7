#include "kafka/topic_id.h"

#include "kafka/client.h"

namespace tidegate::kafka {

using Collection = std::unique_ptr<rd_kafka_TopicCollection_t, Destroy<rd_kafka_TopicCollection_destroy>>;

Result<std::map<std::string, TopicState>> describe_topics(rd_kafka_t* client, const std::vector<std::string>& names,
                                                          Duration timeout) {
  std::map<std::string, TopicState> states;
  if (names.empty()) return states;
  std::vector<const char*> list;
  for (const std::string& name : names) list.push_back(name.c_str());
  const Collection collection(rd_kafka_TopicCollection_of_topic_names(list.data(), list.size()));
  const AdminOptions options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS));
  char words[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(timeout.count()), words, sizeof words);
  const Queue queue(rd_kafka_queue_new(client));
  rd_kafka_DescribeTopics(client, collection.get(), options.get(), queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), static_cast<int>(timeout.count()) + 1000));
  if (!event) return to_error(RD_KAFKA_RESP_ERR__TIMED_OUT).context("describe topics");
  if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return to_error(code, rd_kafka_event_error_string(event.get())).context("describe topics");
  }
  std::size_t count = 0;
  const rd_kafka_TopicDescription_t** topics =
      rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_error_t* error = rd_kafka_TopicDescription_error(topics[i]);
    const rd_kafka_resp_err_t code = error == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(error);
    const std::string name = rd_kafka_TopicDescription_name(topics[i]);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code).context("describe topic " + name);
    TopicState state;
    std::size_t partitions = 0;
    rd_kafka_TopicDescription_partitions(topics[i], &partitions);
    state.partitions = static_cast<int>(partitions);
    state.id = rd_kafka_Uuid_base64str(rd_kafka_TopicDescription_topic_id(topics[i]));
    states.emplace(name, std::move(state));
  }
  return states;
}

}  // namespace tidegate::kafka
