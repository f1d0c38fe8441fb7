#include "kafka/consumer.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <thread>
#include <tuple>
#include <utility>

#include "common/base/log.h"
#include "common/base/text.h"
#include "kafka/client.h"
#include "kafka/group_watch.h"
#include "kafka/membership.h"
#include "kafka/record_set.h"
#include "kafka/start_position.h"
#include "kafka/topic_id.h"
#include "kafka/transaction_offsets.h"

namespace tidegate::kafka {
namespace {

constexpr Duration kRetryPause{500};

// Wakes the thread that waits for what librdkafka brings into any of its queues. They write into it only if they were
// empty when last read, so each must be read to its end before waiting.
class Bell {
 public:
  Bell() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Bell() { close(fd_); }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  void hear(rd_kafka_queue_t* queue) const {
    constexpr std::uint64_t one = 1;
    rd_kafka_queue_io_event_enable(queue, fd_, &one, sizeof one);
  }
  void wait(Duration most) const {
    pollfd readable{fd_, POLLIN, 0};
    ::poll(&readable, 1, static_cast<int>(most.count()));
    std::uint64_t rung;
    if (readable.revents != 0) std::ignore = read(fd_, &rung, sizeof rung);
  }

 private:
  int fd_;
};

}  // namespace

struct Consumer::Impl {
  // What of a partition was taken out of the library's queue and not handed out yet: the rest of a batch of the log.
  struct Begun {
    RecordSet set;
    std::shared_ptr<rd_kafka_message_t> memory;  // that it lies in
  };

  struct Owned {
    std::int64_t position = 0;
    std::int64_t seen = 0;  // records handed out, counted apart from the offsets
    std::string topic_id;
    std::uint64_t since = 0;  // the rebalance that brought it
    bool broken = false;
    bool doubtful = false;  // to be examined again
    Queue queue = {};       // its own, so that no partition waits behind the backlog of another
    std::optional<Begun> begun = {};
  };

  // What poll() gives, while it is put together.
  struct Answer {
    std::size_t max;
    Polled polled = {};
    std::vector<Record> records = {};
    std::vector<RecordBatch::Memory> memory = {};

    bool empty() const { return records.empty() && polled.ends.empty() && polled.broken.empty(); }
    std::size_t room() const { return max - std::min(max, records.size()); }
  };

  Impl(ConsumerOptions wanted, AssignmentListener& heard) : options(std::move(wanted)), listener(heard) {}

  ConsumerOptions options;
  AssignmentListener& listener;
  Connection connection;
  std::map<int, Owned> owned;
  std::uint64_t rebalances = 0;
  int turn = 0;           // the partition that is read next
  std::size_t usual = 0;  // records of the last answer that had some
  bool paused = false;
  bool closed = false;
  bool committing = false;
  Bell bell;
  Handle handle;
  Queue events;  // rebalances and errors
  Queue commit_queue;
  std::optional<TopicWatch> topic_watch;
  std::optional<GroupWatch> group_watch;
  int topic_partitions = 0;  // once known

  PartitionList list_of(const std::vector<int>& partitions) const {
    PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
    for (const int partition : partitions) {
      rd_kafka_topic_partition_list_add(list.get(), options.topic.c_str(), partition);
    }
    return list;
  }

  static void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    ++impl.rebalances;
    std::vector<int> partitions;
    for (int i = 0; i < list->cnt; ++i) partitions.push_back(list->elems[i].partition);
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      impl.assign(partitions);
    } else {
      impl.revoke(partitions);
    }
  }

  static void on_error(rd_kafka_t*, int code, const char* words, void* self) {
    static_cast<Impl*>(self)->connection.note(code, words);
  }

  // Blocks until it is known where to begin: reading must not start anywhere else. Told to stop before that, it holds
  // the partitions, as the library expects, but hands out no record of them.
  void assign(const std::vector<int>& partitions) {
    // While it closes the library answers no question for committed offsets. It takes an assignment for giving all up
    // and asks for that again; it would never answer the second of two calls.
    if (closed && !partitions.empty()) return;
    std::vector<StartPosition> starts;
    while (!partitions.empty() && !options.stop.stop_requested()) {
      auto found =
          start_positions(handle.get(), options.topic, partitions, options.start, options.rewind, kRequestTimeout);
      if (found) {
        starts = *std::move(found);
        connection.alive();
        break;
      }
      log::warn("cannot tell where to begin yet", {{"topic", options.topic}, {"error", found.error().message}});
      std::this_thread::sleep_for(kRetryPause);
    }
    const PartitionList list = list_of(partitions);
    for (int i = 0; i < list->cnt; ++i) list->elems[i].offset = RD_KAFKA_OFFSET_END;
    std::vector<int> not_read;
    for (const StartPosition& start : starts) {
      rd_kafka_topic_partition_list_find(list.get(), options.topic.c_str(), start.partition)->offset = start.position;
      Owned& mine = owned[start.partition];
      mine = {start.position, 0, start.topic_id, rebalances, start.problem.has_value()};
      mine.queue.reset(rd_kafka_queue_get_partition(handle.get(), options.topic.c_str(), start.partition));
      rd_kafka_queue_forward(mine.queue.get(), nullptr);  // before it is read, so that no record goes to `events`
      bell.hear(mine.queue.get());
      if (start.problem) not_read.push_back(start.partition);
    }
    // The library keeps a pause beyond the assignment in which it was asked for.
    rd_kafka_resume_partitions(handle.get(), list.get());
    const ErrorPtr error(rd_kafka_incremental_assign(handle.get(), list.get()));
    if (error) log::error("assignment failed", {{"error", rd_kafka_error_string(error.get())}});
    if (!not_read.empty()) rd_kafka_pause_partitions(handle.get(), list_of(not_read).get());
    listener.assigned(starts);
  }

  void revoke(const std::vector<int>& partitions) {
    const bool lost = rd_kafka_assignment_lost(handle.get()) != 0;
    listener.revoked(partitions, lost);
    std::vector<Queue> left_over;
    for (const int partition : partitions) {
      const auto found = owned.find(partition);
      if (found == owned.end()) continue;
      left_over.push_back(std::move(found->second.queue));
      owned.erase(found);
    }
    give_up(partitions);
    for (const Queue& queue : left_over) {  // the library would keep what is in them
      while (const Message message = next_of(queue)) continue;
    }
  }

  void give_up(const std::vector<int>& partitions) {
    const PartitionList list = list_of(partitions);
    ErrorPtr error(rd_kafka_incremental_unassign(handle.get(), list.get()));
    if (!error) return;
    // Leaving in the middle of a rebalance, the library may ask for a partition back that it has taken already. It goes
    // on only after a call that succeeds: without one, closing would wait for ever.
    log::warn("giving partitions up again", {{"error", rd_kafka_error_string(error.get())}});
    const PartitionList left = list_of(still_assigned(partitions));
    error.reset(rd_kafka_incremental_unassign(handle.get(), left.get()));
    if (error) log::error("giving partitions up failed", {{"error", rd_kafka_error_string(error.get())}});
  }

  // Nothing when there is none now.
  static Message next_of(const Queue& queue) {
    rd_kafka_message_t* message = nullptr;
    return Message(rd_kafka_consume_batch_queue(queue.get(), 0, &message, 1) == 1 ? message : nullptr);
  }

  // Those of them that the library holds to be assigned.
  std::vector<int> still_assigned(const std::vector<int>& partitions) const {
    rd_kafka_topic_partition_list_t* found = nullptr;
    if (rd_kafka_assignment(handle.get(), &found) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    const PartitionList assigned(found);
    std::vector<int> left;
    for (const int partition : partitions) {
      if (rd_kafka_topic_partition_list_find(found, options.topic.c_str(), partition) != nullptr) {
        left.push_back(partition);
      }
    }
    return left;
  }

  // The broker refuses the position (auto.offset.reset=error): find out why, or read on if it was a passing thing.
  std::optional<Error> examine(int partition) {
    Owned& mine = owned[partition];
    std::int64_t log_start = 0;
    std::int64_t log_end = 0;
    const auto code = rd_kafka_query_watermark_offsets(handle.get(), options.topic.c_str(), partition, &log_start,
                                                       &log_end, static_cast<int>(kRequestTimeout.count()));
    const auto topics = describe_topics(handle.get(), {options.topic}, kRequestTimeout);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && topics && topics->contains(options.topic)) {
      auto problem = position_problem(options.topic, partition, mine.position, mine.topic_id,
                                      topics->at(options.topic).id, log_start, log_end);
      if (problem) {
        mine.broken = true;
        rd_kafka_pause_partitions(handle.get(), list_of({partition}).get());
        return problem;
      }
    }
    const PartitionList list = list_of({partition});
    list->elems[0].offset = mine.position;
    const ErrorPtr error(rd_kafka_seek_partitions(handle.get(), list.get(), static_cast<int>(kRequestTimeout.count())));
    // The client reads no further by itself after refusing a position, so a seek that failed must be repeated.
    mine.doubtful = error != nullptr || list->elems[0].err != RD_KAFKA_RESP_ERR_NO_ERROR;
    return std::nullopt;
  }

  // The client goes over to a topic made again under the same name without a word, at the old position (a FIXME in
  // librdkafka 2.15's rd_kafka_topic_metadata_update2), so the topic's id is asked for now and then.
  void watch_topic(Polled& polled) {
    const std::optional<TopicState> now = topic_watch->news();
    if (!now) return;
    connection.complain(now->id.empty() ? cat("topic ", options.topic, " does not exist") : "");
    if (now->id.empty()) return;
    topic_partitions = now->partitions;
    for (auto& [partition, mine] : owned) {
      if (mine.broken || mine.topic_id == now->id) continue;
      mine.broken = true;
      rd_kafka_pause_partitions(handle.get(), list_of({partition}).get());
      polled.broken.push_back({partition, *position_problem(options.topic, partition, mine.position, mine.topic_id,
                                                            now->id, 0, mine.position)});
    }
  }

  Result<void> subscribe() {
    const PartitionList topics = list_of({RD_KAFKA_PARTITION_UA});
    const auto code = rd_kafka_subscribe(handle.get(), topics.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code).context("subscribe to topic " + options.topic);
    return {};
  }

  void watch_group() {
    if (!group_watch || !group_watch->should_rejoin(topic_partitions)) return;
    log::warn("a partition has no worker: leaving the group and joining it again", {{"topic", options.topic}});
    rd_kafka_unsubscribe(handle.get());
    if (auto subscribed = subscribe(); !subscribed) log::error(subscribed.error().message);
  }

  // Why the client is of no use any more. Asked for, because not every path tells: an answer to a commit that says
  // "fenced" ends the client without a message in the queue.
  std::optional<Error> fatal() const {
    char words[512];
    const rd_kafka_resp_err_t code = rd_kafka_fatal_error(handle.get(), words, sizeof words);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
    return to_error(code, words).context("consumer");
  }

  // Runs rebalances. Returns an error only when the client is of no use any more.
  Result<void> serve_events(Answer& answer) {
    const std::uint64_t rebalances_before = rebalances;
    while (Message message = next_of(events)) {
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && owned.contains(message->partition)) {
        return Error{"KafkaError", cat("a record of partition ", std::to_string(message->partition), " of topic ",
                                       options.topic, " came among the events")};
      }
      if (auto taken = take(std::move(message), answer); !taken) return taken;
    }
    if (rebalances != rebalances_before) drop_outdated(answer, rebalances_before);
    return {};
  }

  // Puts an answer together: waits for a first record (or end, or problem), and then for more.
  Result<void> gather(Answer& answer, Duration wait, Duration patience) {
    if (auto served = serve_events(answer); !served) return served;
    if (auto taken = take_turns(answer); !taken) return taken;
    SteadyTime deadline = std::chrono::steady_clock::now() + (answer.empty() ? wait : patience);
    while (answer.room() > 0) {
      const auto left = std::chrono::ceil<Duration>(deadline - std::chrono::steady_clock::now());
      if (left <= Duration{0}) return {};
      const bool first = answer.empty();
      bell.wait(left);
      if (auto served = serve_events(answer); !served) return served;
      if (auto taken = take_turns(answer); !taken) return taken;
      if (first && answer.empty()) return {};
      if (first) deadline = std::chrono::steady_clock::now() + patience;
    }
    return {};
  }

  // Of partitions that went away meanwhile, and may have come back at another position.
  void drop_outdated(Answer& answer, std::uint64_t rebalances_before) const {
    std::erase_if(answer.records, [&](const Record& record) {
      const auto mine = owned.find(record.partition);
      const bool outdated = mine == owned.end() || mine->second.since > rebalances_before;
      if (outdated && record.handle != nullptr) {
        rd_kafka_message_destroy(static_cast<rd_kafka_message_t*>(record.handle));
      }
      return outdated;
    });
  }

  // What is there, as far as there is room. Whoever was cut short is followed by the next partition, so that none gets
  // old while a slow worker reads another to its end. Not an equal share of each: a step that takes partitions apart
  // would get many small batches, which cost a third more.
  Result<void> take_turns(Answer& answer) {
    if (paused) return {};
    for (std::size_t i = 0; i < owned.size() && answer.room() > 0; ++i) {
      auto next = owned.lower_bound(turn);
      if (next == owned.end()) next = owned.begin();
      turn = next->first + 1;
      if (auto taken = take_turn(next->first, next->second, answer); !taken) return taken;
    }
    return {};
  }

  Result<void> take_turn(int partition, Owned& mine, Answer& answer) {
    while (!mine.broken && answer.room() > 0) {
      if (!mine.begun) {
        Message message = next_of(mine.queue);
        if (!message) return {};
        if (!begin(*message, mine)) {
          if (auto taken = take(std::move(message), answer); !taken) return taken;
          continue;
        }
        std::ignore = message.release();
      }
      if (auto taken = take_begun(partition, mine, answer); !taken) return taken;
    }
    return {};
  }

  // Whether the message is a batch of the log, which now owns it.
  static bool begin(rd_kafka_message_t& message, Owned& mine) {
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR || message.key != nullptr || message.key_len == 0) return false;
    rd_kafka_timestamp_type_t kind;
    const std::int64_t timestamp_ms = rd_kafka_message_timestamp(&message, &kind);
    const std::int64_t first = message.offset + 1 - static_cast<std::int64_t>(message.key_len);
    const std::string_view bytes(static_cast<const char*>(message.payload), message.len);
    mine.begun = {RecordSet(bytes, first, timestamp_ms, kind == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME),
                  {&message, rd_kafka_message_destroy}};
    return true;
  }

  Result<void> take_begun(int partition, Owned& mine, Answer& answer) {
    RecordSet& set = mine.begun->set;
    const std::size_t before = answer.records.size();
    if (before == 0) answer.records.reserve(std::min(answer.max, usual));
    while (!set.done() && answer.room() > 0) {
      Record& record = answer.records.emplace_back();
      if (auto read = set.next(record); !read) {
        answer.records.pop_back();
        return std::move(read).error().context(
            cat("partition ", std::to_string(partition), " of topic ", options.topic));
      }
      if (record.offset < mine.position) {
        answer.records.pop_back();
        continue;
      }
      mine.position = record.offset + 1;
      record.partition = partition;
      record.number = ++mine.seen;
    }
    if (answer.records.size() > before) answer.memory.push_back({partition, mine.begun->memory});
    if (set.done()) mine.begun.reset();
    return {};
  }

  // A message that is no batch.
  Result<void> take(Message message, Answer& answer) {
    const auto found = owned.find(message->partition);
    Owned* const mine = found == owned.end() || found->second.broken ? nullptr : &found->second;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (mine == nullptr || message->offset < mine->position) return {};
      mine->position = message->offset + 1;
      Record& record = answer.records.emplace_back();
      fill(record, *message.release());
      record.number = ++mine->seen;
      return {};
    }
    const rd_kafka_resp_err_t code = message->err;
    const int partition = message->partition;
    const char* text = rd_kafka_message_errstr(message.get());
    const std::string words = text == nullptr ? rd_kafka_err2str(code) : text;
    switch (code) {
      case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        connection.alive();
        if (mine == nullptr) return {};
        mine->position = std::max(mine->position, message->offset);
        answer.polled.ends.push_back({partition, mine->position, mine->seen});
        return {};
      case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        if (mine == nullptr) return {};
        if (auto problem = examine(partition)) answer.polled.broken.push_back({partition, *std::move(problem)});
        return {};
      case RD_KAFKA_RESP_ERR__FATAL:
      case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
        return to_error(code, words).context("consumer");
      default:
        if (!connection.note(code, words.c_str())) {
          log::warn("consumer", {{"topic", options.topic}, {"error", words}});
        }
        return {};
    }
  }
};

Consumer::Consumer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Consumer::~Consumer() {
  close();
}

Result<std::unique_ptr<Consumer>> Consumer::create(const ConsumerOptions& options, AssignmentListener& listener) {
  auto impl = std::make_unique<Impl>(options, listener);
  ConfBuilder conf(options.client);
  set_membership(conf, options.protocol, options.group, options.instance);
  conf.set("enable.auto.commit", "false");
  conf.set("enable.auto.offset.store", "false");
  conf.set("auto.offset.reset", "error");
  conf.set("isolation.level", "read_committed");
  conf.set("enable.partition.eof", "true");
  // What waits is bounded for each partition: little, because there may be many.
  conf.set("fetch.message.max.bytes", "524288");
  conf.set("queued.max.messages.kbytes", "1024");
  conf.set("fetch.queue.backoff.ms", "5");  // such a queue is often full for a moment
  conf.set("consume.record.sets", "true");
  rd_kafka_conf_set_opaque(conf.get(), impl.get());
  rd_kafka_conf_set_rebalance_cb(conf.get(), &Impl::on_rebalance);
  rd_kafka_conf_set_error_cb(conf.get(), &Impl::on_error);
  Result<Handle> handle = conf.finish(RD_KAFKA_CONSUMER);
  if (!handle) return handle.error();
  impl->handle = *std::move(handle);
  rd_kafka_poll_set_consumer(impl->handle.get());
  impl->events.reset(rd_kafka_queue_get_consumer(impl->handle.get()));
  impl->bell.hear(impl->events.get());
  impl->commit_queue.reset(rd_kafka_queue_new(impl->handle.get()));
  impl->topic_watch.emplace(impl->handle.get(), options.topic);
  if (options.protocol == GroupProtocol::classic) {
    impl->group_watch.emplace(impl->handle.get(), options.group, options.topic, options.instance);
  }
  if (auto subscribed = impl->subscribe(); !subscribed) return std::move(subscribed).error();
  return std::unique_ptr<Consumer>(new Consumer(std::move(impl)));
}

Result<Polled> Consumer::poll(std::size_t max, Duration wait, Duration gather) {
  Impl& impl = *impl_;
  Impl::Answer answer{max};
  impl.watch_topic(answer.polled);
  impl.watch_group();
  for (auto& [partition, mine] : impl.owned) {
    if (!std::exchange(mine.doubtful, false)) continue;
    if (auto problem = impl.examine(partition)) answer.polled.broken.push_back({partition, *std::move(problem)});
  }
  const Result<void> gathered = impl.gather(answer, wait, gather);
  if (!answer.records.empty()) impl.usual = answer.records.size();
  answer.polled.records = RecordBatch(std::move(answer.records), std::move(answer.memory));
  if (!gathered) return gathered.error();
  if (auto fatal = impl.fatal()) return *std::move(fatal);
  if (!answer.polled.records.empty()) impl.connection.alive();
  return std::move(answer.polled);
}

void Consumer::commit(std::span<const Commit> offsets) {
  const PartitionList list = offsets_of(impl_->options.topic, offsets);
  impl_->committing = rd_kafka_commit_queue(impl_->handle.get(), list.get(), impl_->commit_queue.get(), nullptr,
                                            nullptr) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

std::shared_ptr<const TransactionOffsets> Consumer::for_transaction(std::span<const Commit> offsets) const {
  auto group = GroupMetadata(rd_kafka_consumer_group_metadata(impl_->handle.get()));
  return std::make_shared<TransactionOffsets>(offsets_of(impl_->options.topic, offsets), std::move(group));
}

bool Consumer::commit_under_way() const {
  return impl_->committing;
}

std::optional<Result<void>> Consumer::committed(Duration timeout) {
  if (!impl_->committing) return std::nullopt;
  const Event event(rd_kafka_queue_poll(impl_->commit_queue.get(), static_cast<int>(timeout.count())));
  if (!event) return std::nullopt;
  impl_->committing = false;
  rd_kafka_resp_err_t code = rd_kafka_event_error(event.get());
  rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(event.get());
  for (int i = 0; list != nullptr && i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    code = list->elems[i].err;
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return Result<void>(to_error(code).context("commit"));
  impl_->connection.alive();
  return Result<void>();
}

void Consumer::pause() {
  impl_->paused = true;
}

void Consumer::resume() {
  impl_->paused = false;
}

void Consumer::leave(Duration patience) {
  Impl& impl = *impl_;
  if (impl.closed || rd_kafka_unsubscribe(impl.handle.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const SteadyTime deadline = std::chrono::steady_clock::now() + patience;
  while ((!impl.owned.empty() || is_member(impl.handle.get(), impl.options.protocol)) &&
         std::chrono::steady_clock::now() < deadline) {
    rd_kafka_message_t* message = nullptr;
    if (rd_kafka_consume_batch_queue(impl.events.get(), 20, &message, 1) == 1) rd_kafka_message_destroy(message);
  }
}

void Consumer::close() {
  if (impl_->closed) return;
  impl_->closed = true;
  rd_kafka_consumer_close(impl_->handle.get());
  impl_->owned.clear();
  impl_->events.reset();
  impl_->commit_queue.reset();
  impl_->topic_watch.reset();
  impl_->group_watch.reset();
}

std::int64_t Consumer::lag() const {
  std::int64_t lag = 0;
  for (const auto& [partition, mine] : impl_->owned) {
    std::int64_t log_start = 0;
    std::int64_t log_end = 0;
    const auto code = rd_kafka_get_watermark_offsets(impl_->handle.get(), impl_->options.topic.c_str(), partition,
                                                     &log_start, &log_end);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) lag += std::max<std::int64_t>(log_end - mine.position, 0);
  }
  return lag;
}

bool Consumer::away() const {
  return impl_->connection.away();
}

std::string Consumer::problem() const {
  return impl_->connection.problem();
}

}  // namespace tidegate::kafka
