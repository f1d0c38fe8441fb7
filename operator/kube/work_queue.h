// A queue of keys with client-go's semantics: a key waits at most once, is never handed out twice at the same time, and
// what is added while it is being handled makes it run once more.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "common/base/clock.h"
#include "operator/kube/controller.h"

namespace tidegate::kube {

// The queue as a value; time is a parameter. Not thread-safe.
class QueueState {
 public:
  void add(const Key& key, SteadyTime now);
  // A key that already waits for a moment keeps the earlier one.
  void add_at(const Key& key, SteadyTime when);
  // Waits 5 ms, doubling with each call until forget(), at most 60 s; returns the wait.
  Duration add_after_failure(const Key& key, SteadyTime now);
  void forget(const Key& key) { failures_.erase(key); }

  // Moves due keys to the queue, then hands out the first with the time since when it was ready.
  struct Item {
    Key key;
    SteadyTime ready_at;
  };
  std::optional<Item> take(SteadyTime now);
  void done(const Key& key, SteadyTime now);

  // When the next delayed key is due.
  std::optional<SteadyTime> next_due() const;
  std::size_t depth() const { return queue_.size(); }

 private:
  std::deque<Item> queue_;
  std::set<Key> dirty_;       // needs a run: in the queue, or being handled and added meanwhile
  std::set<Key> processing_;  // handed out
  std::map<Key, SteadyTime> delayed_;
  std::set<std::pair<SteadyTime, Key>> due_;  // delayed_ by time
  std::map<Key, int> failures_;
};

// Thread-safe; take() blocks.
class WorkQueue {
 public:
  explicit WorkQueue(Clock clock) : clock_(std::move(clock)) {}

  void add(const Key& key);
  void add_after(const Key& key, Duration wait);
  void add_after_failure(const Key& key);
  void forget(const Key& key);
  // Nothing once shut down: keys that still wait are given up, the next start finds them again.
  std::optional<QueueState::Item> take();
  void done(const Key& key);
  void shut_down();
  std::size_t depth() const;

 private:
  const Clock clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  QueueState state_;
  bool shut_down_ = false;
};

}  // namespace tidegate::kube
