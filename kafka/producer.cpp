#include "kafka/producer.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "common/base/log.h"
#include "common/base/text.h"
#include "kafka/client.h"
#include "kafka/consumer.h"
#include "kafka/transaction_offsets.h"

namespace tidegate::kafka {
namespace {

constexpr std::chrono::minutes kPartitionCountAge{5};
constexpr Duration kBackgroundPoll{100};
constexpr Duration kTransactionTimeout{10'000};  // how long a worker that died blocks the readers of its output
constexpr Duration kAbortPatience{3000};
constexpr Duration kRebalancePatience{5000};  // until the consumer knows the generation that the group has already
constexpr Duration kRebalancePause{10};
constexpr std::size_t kRecordOverhead = 512;  // more than the wire format adds to a record without headers

void* bytes_of(const std::optional<std::string_view>& field) {
  // A non-null pointer with length 0 is an empty value; the library takes a null pointer as Kafka's null.
  static char empty;
  if (!field) return nullptr;
  return field->empty() ? &empty : const_cast<char*>(field->data());
}

std::size_t size_of(const std::optional<std::string_view>& field) {
  return field ? field->size() : 0;
}

}  // namespace

struct Producer::Impl {
  struct KnownTopic {
    Topic handle;
    int partitions = 0;
    SteadyTime counted;
  };

  Connection connection;
  mutable std::mutex mutex;  // guards topics and fatal
  std::map<std::string, KnownTopic> topics;
  std::optional<Error> fatal;
  std::size_t max_record_bytes = 0;
  bool transactional = false;
  bool in_transaction = false;
  Handle handle;
  std::jthread poller;

  Result<KnownTopic*> topic(const std::string& name) {
    const auto found = topics.find(name);
    if (found != topics.end()) return &found->second;
    Topic made(rd_kafka_topic_new(handle.get(), name.c_str(), nullptr));
    if (!made) return to_error(rd_kafka_last_error()).context(cat("topic ", name));
    return &(topics[name] = KnownTopic{std::move(made), 0, {}});
  }

  // The first record opens a transaction; no request, that comes with the record.
  Result<void> begin_transaction() {
    if (!transactional || in_transaction) return {};
    if (ErrorPtr error{rd_kafka_begin_transaction(handle.get())}) {
      return to_error(std::move(error)).context("begin a transaction");
    }
    in_transaction = true;
    return {};
  }

  static void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      Producer::deliver(message->_private, true, "", "");
    } else {
      Producer::deliver(message->_private, false, reason_of(message->err), rd_kafka_err2str(message->err));
    }
    if (!impl.connection_known_good.exchange(true, std::memory_order_relaxed)) impl.connection.alive();
  }

  static void on_error(rd_kafka_t* client, int code, const char* words, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    if (impl.connection.note(code, words)) impl.connection_known_good = false;
    if (code != RD_KAFKA_RESP_ERR__FATAL) return;
    char text[512];
    const rd_kafka_resp_err_t cause = rd_kafka_fatal_error(client, text, sizeof text);
    const std::lock_guard lock(impl.mutex);
    if (!impl.fatal) impl.fatal = to_error(cause, text);
  }

  std::atomic<bool> connection_known_good = true;
};

Producer::Producer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Producer::~Producer() {
  impl_->poller = {};
  if (!impl_->handle) return;
  // Reports of purged records reach their Delivery objects, which would leak otherwise.
  rd_kafka_purge(impl_->handle.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  for (int rounds = 0; rounds < 10 && rd_kafka_outq_len(impl_->handle.get()) > 0; ++rounds) {
    rd_kafka_poll(impl_->handle.get(), 100);
  }
  impl_->topics.clear();  // before the client they belong to
}

Result<std::unique_ptr<Producer>> Producer::create(const ProducerOptions& options) {
  auto impl = std::make_unique<Impl>();
  ConfBuilder conf(options.client);
  conf.set("acks", "all");
  conf.set("enable.idempotence", "true");
  if (options.transactional_id.empty()) {
    conf.set("delivery.timeout.ms", "0");  // never give up: whether to wait is not the client's decision
  } else {
    conf.set("transactional.id", options.transactional_id);
    conf.set("transaction.timeout.ms", std::to_string(kTransactionTimeout.count()));
  }
  conf.set("linger.ms", std::to_string(options.linger.count()));
  conf.set("queue.buffering.max.kbytes", std::to_string(options.queue_kbytes));
  conf.set("message.max.bytes", std::to_string(options.max_record_bytes));
  conf.set("compression.codec", options.compression);
  conf.set("partitioner", "murmur2_random");
  rd_kafka_conf_set_opaque(conf.get(), impl.get());
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &Impl::on_delivery);
  rd_kafka_conf_set_error_cb(conf.get(), &Impl::on_error);
  Result<Handle> handle = conf.finish(RD_KAFKA_PRODUCER);
  if (!handle) return handle.error();
  impl->handle = *std::move(handle);
  impl->transactional = !options.transactional_id.empty();
  impl->max_record_bytes = static_cast<std::size_t>(options.max_record_bytes);
  std::unique_ptr<Producer> producer(new Producer(std::move(impl)));
  if (options.poll_in_background) {
    producer->impl_->poller = std::jthread([self = producer.get()](const std::stop_token& stop) {
      while (!stop.stop_requested()) self->poll(kBackgroundPoll);
    });
  }
  return producer;
}

Result<int> Producer::partitions(const std::string& topic, Duration timeout) {
  rd_kafka_topic_t* handle = nullptr;
  {
    const std::lock_guard lock(impl_->mutex);
    auto known = impl_->topic(topic);
    if (!known) return known.error();
    if ((*known)->partitions > 0 && std::chrono::steady_clock::now() - (*known)->counted < kPartitionCountAge) {
      return (*known)->partitions;
    }
    handle = (*known)->handle.get();  // topics are never removed before the producer ends
  }
  const rd_kafka_metadata_t* answer = nullptr;
  const rd_kafka_resp_err_t code =
      rd_kafka_metadata(impl_->handle.get(), 0, handle, &answer, static_cast<int>(timeout.count()));
  const Metadata metadata(answer);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code).context(cat("partitions of topic ", topic));
  if (metadata->topic_cnt != 1 || metadata->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const auto topic_code =
        metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    return to_error(topic_code).context(cat("partitions of topic ", topic));
  }
  const int count = metadata->topics[0].partition_cnt;
  if (count == 0) return Error{"TopicMissing", cat("topic ", topic, " has no partitions yet")};
  const std::lock_guard lock(impl_->mutex);
  auto known = impl_->topic(topic);
  (*known)->partitions = count;
  (*known)->counted = std::chrono::steady_clock::now();
  return count;
}

Result<std::size_t> Producer::produce(const std::string& topic, int partition, std::span<const OutRecord> records,
                                      const std::shared_ptr<Delivery>& delivery, bool copy) {
  if (records.empty()) return std::size_t{0};
  if (auto begun = impl_->begin_transaction(); !begun) return std::move(begun).error();
  rd_kafka_topic_t* handle = nullptr;
  {
    const std::lock_guard lock(impl_->mutex);
    auto known = impl_->topic(topic);
    if (!known) return known.error();
    handle = (*known)->handle.get();
  }
  // The library would skip a record that is too large and go on with the next, so such a record is found first.
  const auto large = std::find_if(records.begin(), records.end(), [&](const OutRecord& record) {
    return size_of(record.key) + size_of(record.value) + kRecordOverhead > impl_->max_record_bytes;
  });
  if (large == records.begin()) {
    return Error{"RecordTooLarge", cat("the record for topic ", topic, " has ", std::to_string(size_of(large->value)),
                                       " bytes; at most ", std::to_string(impl_->max_record_bytes), " are allowed")};
  }
  records = records.first(static_cast<std::size_t>(large - records.begin()));
  thread_local std::vector<rd_kafka_message_t> messages;
  messages.assign(records.size(), rd_kafka_message_t{});
  for (std::size_t i = 0; i < records.size(); ++i) {
    messages[i].payload = bytes_of(records[i].value);
    messages[i].len = size_of(records[i].value);
    messages[i].key = bytes_of(records[i].key);
    messages[i].key_len = size_of(records[i].key);
    messages[i]._private = delivery.get();
  }
  const auto total = static_cast<std::int64_t>(records.size());
  delivery->expect(total);
  const int taken = rd_kafka_produce_batch(handle, partition, copy ? RD_KAFKA_MSG_F_COPY : 0, messages.data(),
                                           static_cast<int>(messages.size()));
  delivery->forget(total - taken);
  if (taken == static_cast<int>(total)) return records.size();
  const auto refused = std::find_if(messages.begin(), messages.end(),
                                    [](const auto& message) { return message.err != RD_KAFKA_RESP_ERR_NO_ERROR; });
  const auto leading = static_cast<std::size_t>(refused - messages.begin());
  if (refused->err == RD_KAFKA_RESP_ERR__QUEUE_FULL) return leading;
  return to_error(refused->err).context(cat("write to topic ", topic));
}

Result<std::size_t> Producer::produce_with_headers(const std::string& topic, int partition, const OutRecord& record,
                                                   std::span<const Header> headers,
                                                   const std::shared_ptr<Delivery>& delivery,
                                                   std::int64_t timestamp_ms) {
  if (auto begun = impl_->begin_transaction(); !begun) return std::move(begun).error();
  rd_kafka_headers_t* list = rd_kafka_headers_new(headers.size());
  for (const Header& header : headers) {
    rd_kafka_header_add(list, header.name.data(), static_cast<ssize_t>(header.name.size()),
                        header.value ? header.value->data() : nullptr,
                        header.value ? static_cast<ssize_t>(header.value->size()) : 0);
  }
  delivery->expect(1);
  const rd_kafka_resp_err_t code =
      rd_kafka_producev(impl_->handle.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                        RD_KAFKA_V_KEY(bytes_of(record.key), size_of(record.key)),
                        RD_KAFKA_V_VALUE(bytes_of(record.value), size_of(record.value)), RD_KAFKA_V_HEADERS(list),
                        RD_KAFKA_V_TIMESTAMP(std::max<std::int64_t>(timestamp_ms, 0)),  // 0: now
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(delivery.get()), RD_KAFKA_V_END);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return std::size_t{1};  // the library owns the headers now
  rd_kafka_headers_destroy(list);
  delivery->forget(1);
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return std::size_t{0};
  return to_error(code).context(cat("write to topic ", topic));
}

namespace {

// Calls a step of a transaction until it is done, fails for good or the time is up.
template <typename Call>
Result<void> until_done(Duration timeout, const char* what, Call call) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    const auto left = std::chrono::duration_cast<Duration>(deadline - std::chrono::steady_clock::now());
    ErrorPtr error(call(static_cast<int>(std::max<std::int64_t>(left.count(), 1))));
    if (!error) return {};
    // A conflict, with a commit that goes on in the background, would be one for as long as that lasts; a generation of
    // the group that is over stays so.
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
    const bool again = rd_kafka_error_is_retriable(error.get()) != 0 && code != RD_KAFKA_RESP_ERR__CONFLICT &&
                       code != RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION;
    if (!again || std::chrono::steady_clock::now() >= deadline) return to_error(std::move(error)).context(what);
  }
}

}  // namespace

Result<void> Producer::init_transactions(Duration timeout) {
  return until_done(timeout, "begin to write in transactions",
                    [&](int left) { return rd_kafka_init_transactions(impl_->handle.get(), left); });
}

bool Producer::in_transaction() const {
  return impl_->in_transaction;
}

Result<void> Producer::send_offsets(const TransactionOffsets& offsets) {
  return until_done(kTransactionTimeout, "write offsets into the transaction", [&](int left) {
    return rd_kafka_send_offsets_to_transaction(impl_->handle.get(), offsets.list.get(), offsets.group.get(), left);
  });
}

Result<void> Producer::end_transaction() {
  // Not -1, although the library says so: it would wait for an absent coordinator without end.
  auto committed = until_done(kTransactionTimeout, "commit the transaction",
                              [&](int left) { return rd_kafka_commit_transaction(impl_->handle.get(), left); });
  if (committed) impl_->in_transaction = false;
  return committed;
}

Result<void> Producer::commit_transaction(const Consumer& consumer, std::span<const Commit> offsets) {
  auto sending = consumer.for_transaction(offsets);
  Result<void> sent = send_offsets(*sending);
  const SteadyTime deadline = std::chrono::steady_clock::now() + kRebalancePatience;
  while (!sent && sent.error().reason == kStaleGeneration && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kRebalancePause);
    auto newer = consumer.for_transaction(offsets);
    if (newer->generation() <= sending->generation()) continue;
    sending = std::move(newer);
    sent = send_offsets(*sending);
  }
  if (!sent) return sent;
  return end_transaction();
}

Result<void> Producer::commit_transaction(const std::string& group, const std::string& topic,
                                          std::span<const Commit> offsets) {
  if (auto begun = impl_->begin_transaction(); !begun) return begun;
  const TransactionOffsets sending{offsets_of(topic, offsets),
                                   GroupMetadata(rd_kafka_consumer_group_metadata_new(group.c_str()))};
  if (auto sent = send_offsets(sending); !sent) return sent;
  return end_transaction();
}

void Producer::abort_transaction() {
  if (!impl_->in_transaction) return;
  auto aborted = until_done(kAbortPatience, "abort the transaction",
                            [&](int left) { return rd_kafka_abort_transaction(impl_->handle.get(), left); });
  if (!aborted)
    log::warn("the transaction is left to the next producer or the broker", {{"error", aborted.error().message}});
  impl_->in_transaction = false;
}

void Producer::deliver(void* opaque, bool acknowledged, const char* code, const char* message) {
  static_cast<Delivery*>(opaque)->report(acknowledged, code, message);
}

int Producer::poll(Duration timeout) {
  return rd_kafka_poll(impl_->handle.get(), static_cast<int>(timeout.count()));
}

bool Producer::flush(Duration timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (queued() > 0 && std::chrono::steady_clock::now() < deadline) {
    rd_kafka_flush(impl_->handle.get(), 100);
  }
  return queued() == 0;
}

std::size_t Producer::queued() const {
  return static_cast<std::size_t>(rd_kafka_outq_len(impl_->handle.get()));
}

std::string Producer::connection_problem() const {
  return impl_->connection.problem();
}

std::optional<Error> Producer::fatal() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->fatal;
}

}  // namespace tidegate::kafka
