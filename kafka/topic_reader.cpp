#include "kafka/topic_reader.h"

#include <algorithm>
#include <vector>

#include "kafka/client.h"

namespace tidegate::kafka {

struct TopicReader::Impl {
  Handle handle;
  std::map<int, Stretch> left;  // `from` moves on; gone when read

  // Whether the message is one of the stretch, and how far that is read with it.
  bool wanted(const rd_kafka_message_t& message) {
    const auto found = left.find(message.partition);
    if (found == left.end()) return false;
    const bool record = message.err == RD_KAFKA_RESP_ERR_NO_ERROR && message.offset < found->second.to;
    if (message.offset + (record ? 1 : 0) >= found->second.to) left.erase(found);
    return record;
  }
};

TopicReader::TopicReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

TopicReader::~TopicReader() {
  rd_kafka_consumer_close(impl_->handle.get());
}

Result<std::unique_ptr<TopicReader>> TopicReader::open(const ClientConfig& client, const std::string& topic,
                                                       const std::map<int, Stretch>& stretches) {
  ConfBuilder conf(client);
  conf.set("group.id", "tidegate-reader");  // the library wants one to assign partitions; it is never joined
  conf.set("enable.auto.commit", "false");
  conf.set("enable.auto.offset.store", "false");
  conf.set("auto.offset.reset", "earliest");  // what retention deletes meanwhile is left out
  conf.set("isolation.level", "read_committed");
  conf.set("enable.partition.eof", "true");
  conf.set("queued.max.messages.kbytes", "8192");
  Result<Handle> handle = conf.finish(RD_KAFKA_CONSUMER);
  if (!handle) return std::move(handle).error();
  auto impl = std::make_unique<Impl>();
  impl->handle = *std::move(handle);
  rd_kafka_poll_set_consumer(impl->handle.get());
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(stretches.size())));
  for (const auto& [partition, stretch] : stretches) {
    if (stretch.from >= stretch.to) continue;
    impl->left[partition] = stretch;
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = stretch.from;
  }
  const auto code = rd_kafka_assign(impl->handle.get(), list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code).context("read topic " + topic);
  return std::unique_ptr<TopicReader>(new TopicReader(std::move(impl)));
}

bool TopicReader::done() const {
  return impl_->left.empty();
}

Result<RecordBatch> TopicReader::read(std::size_t max, Duration wait) {
  std::vector<Record> records;
  while (records.size() < max && !done()) {
    rd_kafka_message_t* message =
        rd_kafka_consumer_poll(impl_->handle.get(), records.empty() ? static_cast<int>(wait.count()) : 50);
    if (message == nullptr) break;
    const rd_kafka_resp_err_t code = message->err;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      const std::string words = rd_kafka_message_errstr(message);
      rd_kafka_message_destroy(message);
      const RecordBatch dropped(std::move(records));
      return to_error(code, words);
    }
    if (!impl_->wanted(*message)) {
      rd_kafka_message_destroy(message);
      continue;
    }
    fill(records.emplace_back(), *message);
  }
  return RecordBatch(std::move(records));
}

}  // namespace tidegate::kafka
