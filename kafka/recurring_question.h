// Shared by the files of this folder only: a request that is made again and again, for a thread that cannot wait.
#pragma once

#include <chrono>

#include "common/base/clock.h"
#include "kafka/client.h"

namespace tidegate::kafka {

// Used by one thread; the client must outlive it.
class RecurringQuestion {
 public:
  RecurringQuestion(rd_kafka_t* client, Duration interval) : interval_(interval), queue_(rd_kafka_queue_new(client)) {}

  // To be called often. `ask` sends the request, whose answer is to come to the queue it is given; not before the last
  // one was answered, and not sooner than the interval. An answer that is new, or nothing.
  template <typename Ask>
  Event answer(Ask&& ask) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (!asking_) {
      if (now < next_) return {};
      next_ = now + interval_;
      asking_ = true;
      ask(queue_.get());
    }
    Event event(rd_kafka_queue_poll(queue_.get(), 0));
    if (event) asking_ = false;
    return event;
  }

 private:
  Duration interval_;
  Queue queue_;
  bool asking_ = false;
  SteadyTime next_{};
};

}  // namespace tidegate::kafka
