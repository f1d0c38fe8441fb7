#include "kafka/topic_follower.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/base/text.h"
#include "kafka/client.h"
#include "kafka/topic_id.h"

namespace tidegate::kafka {
struct TopicFollower::Impl {
  struct Partition {
    std::int64_t low = -1;   // where the log began; -1: not known yet
    std::int64_t goal = -1;  // where it ended when reading began
    std::int64_t position = 0;
    bool ended = false;  // its end was reached once
  };

  std::string topic;
  Connection connection;
  Handle handle;
  Queue queue;
  std::optional<TopicWatch> watch_topic;
  std::string id;  // "": not found (any more)
  std::vector<Partition> partitions;
  bool anew = false;
  std::vector<rd_kafka_message_t*> messages;

  static void on_error(rd_kafka_t*, int code, const char* words, void* self) {
    static_cast<Impl*>(self)->connection.note(code, words);
  }

  // Whether the topic is (still) the one that is read.
  Result<void> watch() {
    const std::optional<TopicState> now = watch_topic->news();
    if (!now) return {};
    connection.complain(now->id.empty() ? cat("topic ", topic, " does not exist") : "");
    if (now->id.empty()) {
      id.clear();
      return assign(0);
    }
    if (now->id == id && now->partitions == static_cast<int>(partitions.size())) return {};
    id = now->id;
    anew = true;
    return assign(static_cast<std::size_t>(now->partitions));
  }

  Result<void> assign(std::size_t count) {
    partitions.assign(count, {});
    const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(count)));
    for (std::size_t p = 0; p < count; ++p) {
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), static_cast<int>(p))->offset =
          RD_KAFKA_OFFSET_BEGINNING;
    }
    const auto code = rd_kafka_assign(handle.get(), count == 0 ? nullptr : list.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code).context("read topic " + topic);
    return {};
  }

  // The log's begin and end, as the last answer to a fetch told.
  bool ends(std::size_t partition, std::int64_t& low, std::int64_t& high) const {
    return rd_kafka_get_watermark_offsets(handle.get(), topic.c_str(), static_cast<int>(partition), &low, &high) ==
               RD_KAFKA_RESP_ERR_NO_ERROR &&
           low >= 0 && high >= 0;
  }

  void note_ends() {
    for (std::size_t p = 0; p < partitions.size(); ++p) {
      std::int64_t low = 0, high = 0;
      if (partitions[p].goal >= 0 || !ends(p, low, high)) continue;
      partitions[p].low = low;
      partitions[p].goal = high;
    }
  }

  // Takes the message over.
  void take(rd_kafka_message_t* message, std::vector<Record>& records) {
    const auto p = static_cast<std::size_t>(message->partition);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && p < partitions.size()) {
      partitions[p].position = message->offset + 1;
      fill(records.emplace_back(), *message);
      return;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && p < partitions.size()) {
      connection.alive();
      partitions[p].position = std::max(partitions[p].position, message->offset);
      partitions[p].ended = true;
    } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      connection.note(message->err, rd_kafka_message_errstr(message));
    }
    rd_kafka_message_destroy(message);
  }
};

TopicFollower::TopicFollower(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

TopicFollower::~TopicFollower() {
  rd_kafka_consumer_close(impl_->handle.get());
  impl_->queue.reset();
  impl_->watch_topic.reset();
}

Result<std::unique_ptr<TopicFollower>> TopicFollower::open(const ClientConfig& client, const std::string& topic) {
  auto impl = std::make_unique<Impl>();
  impl->topic = topic;
  ConfBuilder conf(client);
  conf.set("group.id", "tidegate-follower");  // the library wants one to assign partitions; it is never joined
  conf.set("enable.auto.commit", "false");
  conf.set("enable.auto.offset.store", "false");
  conf.set("auto.offset.reset", "earliest");
  conf.set("isolation.level", "read_committed");
  conf.set("enable.partition.eof", "true");
  conf.set("queued.max.messages.kbytes", "8192");
  conf.set("fetch.queue.backoff.ms", "10");
  rd_kafka_conf_set_opaque(conf.get(), impl.get());
  rd_kafka_conf_set_error_cb(conf.get(), &Impl::on_error);
  Result<Handle> handle = conf.finish(RD_KAFKA_CONSUMER);
  if (!handle) return std::move(handle).error();
  impl->handle = *std::move(handle);
  rd_kafka_poll_set_consumer(impl->handle.get());
  impl->queue.reset(rd_kafka_queue_get_consumer(impl->handle.get()));
  impl->watch_topic.emplace(impl->handle.get(), topic);
  return std::unique_ptr<TopicFollower>(new TopicFollower(std::move(impl)));
}

Result<TopicFollower::Followed> TopicFollower::poll(std::size_t max, Duration wait) {
  Impl& impl = *impl_;
  if (auto watched = impl.watch(); !watched) return std::move(watched).error();
  Followed followed;
  followed.anew = std::exchange(impl.anew, false);
  impl.messages.resize(max);
  rd_kafka_message_t** const messages = impl.messages.data();
  // The library waits for a full array, so: wait for one, then take what else is there.
  auto count = rd_kafka_consume_batch_queue(impl.queue.get(), static_cast<int>(wait.count()), messages, 1);
  if (count > 0 && max > 1) {
    const auto more = rd_kafka_consume_batch_queue(impl.queue.get(), 0, messages + 1, max - 1);
    if (more > 0) count += more;
  }
  impl.note_ends();
  std::vector<Record> records;
  for (ssize_t i = 0; i < count; ++i) impl.take(messages[i], records);
  followed.records = RecordBatch(std::move(records));
  if (!followed.records.empty()) impl.connection.alive();
  return followed;
}

bool TopicFollower::caught_up() const {
  return !impl_->id.empty() && std::all_of(impl_->partitions.begin(), impl_->partitions.end(), [](const auto& p) {
    return p.ended || (p.goal >= 0 && p.position >= p.goal);
  });
}

TopicFollower::Progress TopicFollower::progress() const {
  Progress sum;
  for (const auto& p : impl_->partitions) {
    if (p.goal < 0) continue;
    sum.read += std::max<std::int64_t>(std::min(p.position, p.goal) - p.low, 0);
    sum.of += p.goal - p.low;
  }
  return sum;
}

std::int64_t TopicFollower::lag() const {
  std::int64_t sum = 0;
  for (std::size_t p = 0; p < impl_->partitions.size(); ++p) {
    std::int64_t low = 0, high = 0;
    if (impl_->ends(p, low, high))
      sum += std::max<std::int64_t>(high - std::max(impl_->partitions[p].position, low), 0);
  }
  return sum;
}

int TopicFollower::partitions() const {
  return static_cast<int>(impl_->partitions.size());
}

std::string TopicFollower::problem() const {
  return impl_->connection.problem();
}

}  // namespace tidegate::kafka
