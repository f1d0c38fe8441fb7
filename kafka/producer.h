// Writes records: acknowledged by all in-sync replicas, idempotent, retried for ever; or in transactions.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "kafka/config.h"
#include "kafka/delivery.h"
#include "kafka/record.h"

namespace tidegate::kafka {

class Consumer;
struct Commit;
struct TransactionOffsets;

struct OutRecord {
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
};

struct ProducerOptions {
  ClientConfig client;
  Duration linger{5};
  int queue_kbytes = 32 * 1024;            // records waiting for their acknowledgement; beyond it produce() takes none
  int max_record_bytes = 2 * 1024 * 1024;  // key + value + headers
  std::string compression = "lz4";
  // Not empty: records are written in transactions. Whoever comes later with the same id ends this producer.
  std::string transactional_id;
  bool poll_in_background = false;  // an own thread runs Delivery callbacks; otherwise call poll()
};

// Thread-safe. Records that no broker takes yet wait in the queue, however long a broker is away; a failure in a
// Delivery is final for that record. The first error that makes the producer useless is in fatal(); then make a new
// one.
class Producer {
 public:
  static Result<std::unique_ptr<Producer>> create(const ProducerOptions& options);
  ~Producer();  // drops what was not acknowledged; flush() first to avoid that
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // Partitions of a topic, remembered for five minutes. Fails with TopicMissing or KafkaUnavailable.
  Result<int> partitions(const std::string& topic, Duration timeout = Duration{5000});

  // Both hand over as many leading records as fit the queue and return that number; 0 means: full, poll and try again.
  // Fail with RecordTooLarge for the record after those returned so far (so: when it is the first), else KafkaError.
  //
  // produce(): all to one partition (in 0..partitions()-1; -1 leaves it to the client: any one). The bytes must stay
  // valid until `delivery` is done when `copy` is false.
  Result<std::size_t> produce(const std::string& topic, int partition, std::span<const OutRecord> records,
                              const std::shared_ptr<Delivery>& delivery, bool copy);
  // One record with headers, copied. timestamp_ms <= 0: now.
  Result<std::size_t> produce_with_headers(const std::string& topic, int partition, const OutRecord& record,
                                           std::span<const Header> headers, const std::shared_ptr<Delivery>& delivery,
                                           std::int64_t timestamp_ms = 0);

  // Transactions (one thread, only with a transactional id; protocol: KIP-98 and KIP-447). The first record opens one;
  // until it is committed, readers with read_committed see nothing of it nor of what others write behind it. A record
  // that is not acknowledged within the transaction's 10 s fails. After any failure the producer serves for
  // abort_transaction() alone: retriable errors are retried inside, and what is left is cleared by a new producer.
  //
  // Before the first record: ends what an earlier producer with this id left open, and fences it.
  Result<void> init_transactions(Duration timeout);
  bool in_transaction() const;
  // Writes the consumer's offsets into the transaction and commits it; nothing may be waiting for its acknowledgement.
  // Blocks up to the transaction's 10 s for each of the two. When the second takes longer nobody knows yet whether it
  // is committed: the next producer's init_transactions() settles it. A rebalance that has ended for the group but not
  // yet for the consumer makes the group refuse the offsets; they are then sent again with its new generation, which
  // they hold in too: only this thread's polling of the consumer gives partitions up.
  Result<void> commit_transaction(const Consumer& consumer, std::span<const Commit> offsets);
  // The same with offsets of a group that nobody joins, and also when nothing was written.
  Result<void> commit_transaction(const std::string& group, const std::string& topic, std::span<const Commit> offsets);
  // Gives up what the transaction wrote, unless it may be committed (above). When it fails, the next producer's
  // init_transactions() or the broker does so later.
  void abort_transaction();

  // Runs due Delivery callbacks on this thread, waiting up to `timeout` for one. Returns how many.
  int poll(Duration timeout);
  // Waits until nothing is under way; false when the time is up before.
  bool flush(Duration timeout);
  // Records under way, plus events that poll() has not served yet: 0 means that nothing is left to wait for.
  std::size_t queued() const;
  // Why no broker can be reached now; empty when one can, as far as known.
  std::string connection_problem() const;
  std::optional<Error> fatal() const;

 private:
  struct Impl;
  explicit Producer(std::unique_ptr<Impl> impl);
  static void deliver(void* opaque, bool acknowledged, const char* code, const char* message);
  Result<void> send_offsets(const TransactionOffsets& offsets);
  Result<void> end_transaction();
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::kafka
