#include "kafka/admin.h"

#include <algorithm>
#include <mutex>

#include "common/base/text.h"
#include "kafka/client.h"
#include "kafka/topic_id.h"

namespace tidegate::kafka {
namespace {

using ConfigResource = std::unique_ptr<rd_kafka_ConfigResource_t, Destroy<rd_kafka_ConfigResource_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Destroy<rd_kafka_NewTopic_destroy>>;
using NewPartitions = std::unique_ptr<rd_kafka_NewPartitions_t, Destroy<rd_kafka_NewPartitions_destroy>>;
using DeleteTopic = std::unique_ptr<rd_kafka_DeleteTopic_t, Destroy<rd_kafka_DeleteTopic_destroy>>;
using DeleteGroup = std::unique_ptr<rd_kafka_DeleteGroup_t, Destroy<rd_kafka_DeleteGroup_destroy>>;
using GroupOffsets =
    std::unique_ptr<rd_kafka_ListConsumerGroupOffsets_t, Destroy<rd_kafka_ListConsumerGroupOffsets_destroy>>;

constexpr Duration kAnswerMargin{
    1000};  // the library times requests out itself; this only guards against waiting for ever

constexpr const char* kNoGroup = "tidegate-admin";

// A request that the cluster understood and refused (bad setting, exists already, policy) in Kafka's own words.
Error refused(rd_kafka_resp_err_t code, const char* words, const std::string& attempted) {
  Error error = to_error(code, words == nullptr || *words == '\0' ? rd_kafka_err2str(code) : words);
  if (error.reason == "KafkaError" && code > 0) error.reason = "TopicRefused";
  return std::move(error).context(attempted);
}

using Client = std::shared_ptr<rd_kafka_t>;

struct Answer {
  Client client;  // outlives the event
  Event event;

  rd_kafka_event_t* get() const { return event.get(); }
};

}  // namespace

struct Admin::Impl {
  const ClientConfig config;
  const Duration timeout;

  Impl(ClientConfig how, Duration patience) : config(std::move(how)), timeout(patience) {}

  // Shared, because a request of another thread may outlive the client's replacement.
  Client client() const {
    const std::lock_guard lock(mutex);
    return current;
  }

  Result<void> open() {
    ConfBuilder conf(config);
    conf.set("socket.timeout.ms", std::to_string(timeout.count()));
    // A consumer that never joins: librdkafka 2.15 dereferences the (missing) group of any other kind of client when a
    // group's coordinator has moved while its offsets are listed.
    conf.set("group.id", kNoGroup);
    Result<Handle> handle = conf.finish(RD_KAFKA_CONSUMER);
    if (!handle) return handle.error();
    Client made(*std::move(handle));
    const std::lock_guard lock(mutex);
    current.swap(made);
    return {};
  }

  // librdkafka 2.15 remembers a group's coordinator for as long as it is asked: one that is up but no longer in charge
  // would be asked for ever. A new client looks for it again.
  Error failed(rd_kafka_resp_err_t code, const std::string& words) {
    if (code == RD_KAFKA_RESP_ERR_NOT_COORDINATOR) {
      if (auto opened = open(); !opened) return opened.error();
    }
    return to_error(code, words);
  }

  int timeout_ms() const { return static_cast<int>(timeout.count()); }

  AdminOptions options(rd_kafka_t* client, rd_kafka_admin_op_t operation) const {
    AdminOptions made(rd_kafka_AdminOptions_new(client, operation));
    char words[256];
    rd_kafka_AdminOptions_set_request_timeout(made.get(), timeout_ms(), words, sizeof words);
    return made;
  }

  // Runs `send(client, options, queue)` and waits for its event.
  template <typename Send>
  Result<Answer> call(rd_kafka_admin_op_t operation, const std::string& attempted, Send send) {
    Answer answer{client(), nullptr};
    rd_kafka_t* const asked = answer.client.get();
    const AdminOptions chosen = options(asked, operation);
    const Queue queue(rd_kafka_queue_new(asked));
    send(asked, chosen.get(), queue.get());
    answer.event.reset(rd_kafka_queue_poll(queue.get(), static_cast<int>((timeout + kAnswerMargin).count())));
    if (!answer.event) return to_error(RD_KAFKA_RESP_ERR__TIMED_OUT).context(attempted);
    if (const auto code = rd_kafka_event_error(answer.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return failed(code, rd_kafka_event_error_string(answer.get())).context(attempted);
    }
    return answer;
  }

  // Asks for one kind of offset of every partition in `list`; the answer goes to `store(LogOffsets&, offset)`.
  Result<void> list_offsets(const PartitionList& list, std::int64_t kind, rd_kafka_IsolationLevel_t isolation,
                            std::map<std::string, std::vector<LogOffsets>>& into, std::int64_t LogOffsets::*member,
                            std::vector<std::string>& missing) {
    for (int i = 0; i < list->cnt; ++i) list->elems[i].offset = kind;
    auto event = call(RD_KAFKA_ADMIN_OP_LISTOFFSETS, "list offsets", [&](auto* client, auto* options, auto* queue) {
      const ErrorPtr bad(rd_kafka_AdminOptions_set_isolation_level(options, isolation));
      rd_kafka_ListOffsets(client, list.get(), options, queue);
    });
    if (!event) return event.error();
    std::size_t count = 0;
    const auto* infos = rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(event->get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
      const rd_kafka_topic_partition_t* found = rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
      if (found->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || found->err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
          found->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
        missing.push_back(found->topic);
        continue;
      }
      if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return to_error(found->err).context(cat("offsets of ", found->topic));
      into[found->topic][static_cast<std::size_t>(found->partition)].*member = found->offset;
    }
    return {};
  }

  mutable std::mutex mutex;
  Client current;
};

Admin::Admin(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Admin::~Admin() = default;

Result<std::unique_ptr<Admin>> Admin::connect(const ClientConfig& config, Duration timeout) {
  std::unique_ptr<Admin> admin(new Admin(std::make_unique<Impl>(config, timeout)));
  if (auto opened = admin->impl_->open(); !opened) return opened.error();
  if (auto brokers = admin->brokers(); !brokers) return brokers.error();
  return admin;
}

Result<int> Admin::brokers() {
  // Not DescribeCluster: librdkafka 2.15 ends the process (an assertion) when a starting cluster answers that it has no
  // brokers yet; the same answer to this request is an error.
  const rd_kafka_metadata_t* answer = nullptr;
  const Client client = impl_->client();
  const auto code = rd_kafka_metadata(client.get(), 0, nullptr, &answer, impl_->timeout_ms());
  const Metadata metadata(answer);
  if (code == RD_KAFKA_RESP_ERR__PARTIAL)
    return Error{"KafkaUnavailable", "Kafka: no broker has joined the cluster yet"};
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code).context("ask for the brokers");
  return metadata->broker_cnt;
}

Result<std::map<std::string, TopicState>> Admin::describe_topics(const std::vector<std::string>& names) {
  const Client client = impl_->client();
  return kafka::describe_topics(client.get(), names, impl_->timeout);
}

Result<void> Admin::create_topic(const TopicSpec& spec) {
  const std::string attempted = cat("create topic ", spec.name);
  char words[512];
  const NewTopic topic(
      rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions, spec.replication_factor, words, sizeof words));
  if (!topic) return Error{"TopicRefused", cat(attempted, ": ", words)};
  for (const auto& [name, value] : spec.config) rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
  auto event = impl_->call(RD_KAFKA_ADMIN_OP_CREATETOPICS, attempted, [&](auto* client, auto* options, auto* queue) {
    rd_kafka_NewTopic_t* list[] = {topic.get()};
    // Answered when the controller knows the topic on all brokers, so that a describe right after finds it.
    rd_kafka_AdminOptions_set_operation_timeout(options, impl_->timeout_ms(), words, sizeof words);
    rd_kafka_CreateTopics(client, list, 1, options, queue);
  });
  if (!event) return event.error();
  std::size_t count = 0;
  const auto* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
  const auto code = rd_kafka_topic_result_error(results[0]);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return refused(code, rd_kafka_topic_result_error_string(results[0]), attempted);
}

Result<void> Admin::raise_partitions(const std::string& topic, int partitions) {
  const std::string attempted = cat("raise the partitions of topic ", topic);
  char words[512];
  const NewPartitions wanted(
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<std::size_t>(partitions), words, sizeof words));
  if (!wanted) return Error{"TopicRefused", cat(attempted, ": ", words)};
  auto event =
      impl_->call(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, attempted, [&](auto* client, auto* options, auto* queue) {
        rd_kafka_NewPartitions_t* list[] = {wanted.get()};
        rd_kafka_CreatePartitions(client, list, 1, options, queue);
      });
  if (!event) return event.error();
  std::size_t count = 0;
  const auto* results =
      rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event->get()), &count);
  const auto code = rd_kafka_topic_result_error(results[0]);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return refused(code, rd_kafka_topic_result_error_string(results[0]), attempted);
}

Result<void> Admin::set_topic_config(const std::string& topic, const std::map<std::string, std::string>& config) {
  const std::string attempted = cat("configure topic ", topic);
  const ConfigResource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  for (const auto& [name, value] : config) {
    const ErrorPtr bad(rd_kafka_ConfigResource_add_incremental_config(
        resource.get(), name.c_str(), RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET, value.c_str()));
    if (bad) return Error{"TopicRefused", cat(attempted, ": ", rd_kafka_error_string(bad.get()))};
  }
  auto event =
      impl_->call(RD_KAFKA_ADMIN_OP_INCREMENTALALTERCONFIGS, attempted, [&](auto* client, auto* options, auto* queue) {
        rd_kafka_ConfigResource_t* list[] = {resource.get()};
        rd_kafka_IncrementalAlterConfigs(client, list, 1, options, queue);
      });
  if (!event) return event.error();
  std::size_t count = 0;
  const auto* results = rd_kafka_IncrementalAlterConfigs_result_resources(
      rd_kafka_event_IncrementalAlterConfigs_result(event->get()), &count);
  const auto code = rd_kafka_ConfigResource_error(results[0]);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return refused(code, rd_kafka_ConfigResource_error_string(results[0]), attempted);
}

Result<std::map<std::string, std::string>> Admin::topic_config(const std::string& topic) {
  const std::string attempted = cat("read the configuration of topic ", topic);
  const ConfigResource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  auto event = impl_->call(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, attempted, [&](auto* client, auto* options, auto* queue) {
    rd_kafka_ConfigResource_t* list[] = {resource.get()};
    rd_kafka_DescribeConfigs(client, list, 1, options, queue);
  });
  if (!event) return event.error();
  std::size_t count = 0;
  const auto* results =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  const auto code = rd_kafka_ConfigResource_error(results[0]);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return refused(code, rd_kafka_ConfigResource_error_string(results[0]), attempted);
  }
  std::map<std::string, std::string> config;
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(results[0], &count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    config[rd_kafka_ConfigEntry_name(entries[i])] = value == nullptr ? "" : value;
  }
  return config;
}

Result<void> Admin::delete_topic(const std::string& topic) {
  const std::string attempted = cat("delete topic ", topic);
  const DeleteTopic wanted(rd_kafka_DeleteTopic_new(topic.c_str()));
  auto event = impl_->call(RD_KAFKA_ADMIN_OP_DELETETOPICS, attempted, [&](auto* client, auto* options, auto* queue) {
    rd_kafka_DeleteTopic_t* list[] = {wanted.get()};
    rd_kafka_DeleteTopics(client, list, 1, options, queue);
  });
  if (!event) return event.error();
  std::size_t count = 0;
  const auto* results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event->get()), &count);
  const auto code = rd_kafka_topic_result_error(results[0]);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return refused(code, rd_kafka_topic_result_error_string(results[0]), attempted);
}

Result<std::map<std::string, std::vector<LogOffsets>>> Admin::log_offsets(
    const std::map<std::string, int>& topic_partitions) {
  std::map<std::string, std::vector<LogOffsets>> offsets;
  const PartitionList list(rd_kafka_topic_partition_list_new(16));
  for (const auto& [topic, partitions] : topic_partitions) {
    for (int i = 0; i < partitions; ++i) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), i);
    offsets[topic].resize(static_cast<std::size_t>(partitions));
  }
  if (list->cnt == 0) return offsets;
  std::vector<std::string> missing;
  // The stable offset is asked for before the end, so that stable <= end holds for a log that grows meanwhile.
  const struct {
    std::int64_t kind;
    rd_kafka_IsolationLevel_t isolation;
    std::int64_t LogOffsets::*member;
  } questions[] = {
      {RD_KAFKA_OFFSET_SPEC_EARLIEST, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED, &LogOffsets::start},
      {RD_KAFKA_OFFSET_SPEC_LATEST, RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED, &LogOffsets::stable},
      {RD_KAFKA_OFFSET_SPEC_LATEST, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED, &LogOffsets::end},
  };
  for (const auto& question : questions) {
    auto listed = impl_->list_offsets(list, question.kind, question.isolation, offsets, question.member, missing);
    if (!listed) return listed.error();
  }
  for (const std::string& topic : missing) offsets.erase(topic);
  return offsets;
}

Result<std::vector<CommittedOffset>> Admin::committed(const std::string& group, const std::string& topic,
                                                      int partitions, bool stable) {
  const std::string attempted = cat("committed offsets of group ", group);
  const PartitionList list(rd_kafka_topic_partition_list_new(partitions));
  for (int i = 0; i < partitions; ++i) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), i);
  const GroupOffsets wanted(rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), list.get()));
  auto event =
      impl_->call(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, attempted, [&](auto* client, auto* options, auto* queue) {
        rd_kafka_ListConsumerGroupOffsets_t* groups[] = {wanted.get()};
        if (stable) const ErrorPtr bad(rd_kafka_AdminOptions_set_require_stable_offsets(options, 1));
        rd_kafka_ListConsumerGroupOffsets(client, groups, 1, options, queue);
      });
  if (!event) return event.error();
  std::size_t count = 0;
  const auto* groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event->get()), &count);
  if (const rd_kafka_error_t* error = rd_kafka_group_result_error(groups[0])) {
    return impl_->failed(rd_kafka_error_code(error), rd_kafka_error_string(error)).context(attempted);
  }
  std::vector<CommittedOffset> offsets(static_cast<std::size_t>(partitions));
  const rd_kafka_topic_partition_list_t* found = rd_kafka_group_result_partitions(groups[0]);
  for (int i = 0; i < found->cnt; ++i) {
    const rd_kafka_topic_partition_t& entry = found->elems[i];
    if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(entry.err).context(attempted);
    if (entry.partition >= partitions || entry.offset < 0) continue;
    CommittedOffset& offset = offsets[static_cast<std::size_t>(entry.partition)];
    offset.offset = entry.offset;
    if (entry.metadata != nullptr)
      offset.metadata.assign(static_cast<const char*>(entry.metadata), entry.metadata_size);
  }
  return offsets;
}

Result<void> Admin::delete_group(const std::string& group) {
  const std::string attempted = cat("delete group ", group);
  const DeleteGroup wanted(rd_kafka_DeleteGroup_new(group.c_str()));
  auto event = impl_->call(RD_KAFKA_ADMIN_OP_DELETEGROUPS, attempted, [&](auto* client, auto* options, auto* queue) {
    rd_kafka_DeleteGroup_t* list[] = {wanted.get()};
    rd_kafka_DeleteGroups(client, list, 1, options, queue);
  });
  if (!event) return event.error();
  std::size_t count = 0;
  const auto* groups = rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event->get()), &count);
  const rd_kafka_error_t* error = rd_kafka_group_result_error(groups[0]);
  if (error == nullptr || rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) return {};
  return impl_->failed(rd_kafka_error_code(error), rd_kafka_error_string(error)).context(attempted);
}

}  // namespace tidegate::kafka
