// Tracks the acknowledgements of records that belong together, such as all outputs of one batch or one HTTP request.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "common/base/result.h"

namespace tidegate::kafka {

// Lifecycle: create, pass to any number of Producer calls, seal() once no more will follow. It is done when it is
// sealed and every record was acknowledged or has failed for good. Thread-safe; it lives as long as records are under
// way.
class Delivery : public std::enable_shared_from_this<Delivery> {
 public:
  using Done = std::function<void(const Delivery&)>;

  // `done` runs once, on the thread that polls the producer or seals; it must not block. May be empty.
  static std::shared_ptr<Delivery> create(Done done = {});

  void seal();
  bool done() const { return open_.load(std::memory_order_acquire) == 0; }
  // Acknowledged by every replica that must have it.
  std::int64_t acknowledged() const { return acknowledged_.load(std::memory_order_acquire); }
  std::int64_t failed() const { return failed_.load(std::memory_order_acquire); }
  // The first failure: reason RecordTooLarge, RecordRefused, TopicMissing or KafkaError.
  std::optional<Error> error() const;

 private:
  friend class Producer;
  explicit Delivery(Done done) : done_(std::move(done)) {}
  void expect(std::int64_t records);  // before they are handed over
  void forget(std::int64_t records);  // handed over in vain
  void report(bool acknowledged, const char* reason, const char* message);
  void settle(std::int64_t records);

  std::atomic<std::int64_t> open_{1};  // records under way, plus one until sealed
  std::atomic<std::int64_t> acknowledged_{0};
  std::atomic<std::int64_t> failed_{0};
  mutable std::mutex mutex_;
  std::optional<Error> error_;
  Done done_;
  std::shared_ptr<Delivery> self_;  // reports carry a bare pointer; this keeps it valid until the last one
};

}  // namespace tidegate::kafka
