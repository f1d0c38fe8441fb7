#include "operator/kube/work_queue.h"

#include <algorithm>

namespace tidegate::kube {
namespace {

constexpr Duration kFirstWait{5};
constexpr Duration kLongestWait{60'000};

}  // namespace

void QueueState::add(const Key& key, SteadyTime now) {
  if (!dirty_.insert(key).second || processing_.contains(key)) return;
  queue_.push_back({key, now});
}

void QueueState::add_at(const Key& key, SteadyTime when) {
  const auto [known, added] = delayed_.try_emplace(key, when);
  if (!added) {
    if (known->second <= when) return;
    due_.erase({known->second, key});
    known->second = when;
  }
  due_.emplace(when, key);
}

Duration QueueState::add_after_failure(const Key& key, SteadyTime now) {
  const int failures = failures_[key]++;
  const Duration wait = failures < 14 ? std::min(kFirstWait * (1 << failures), kLongestWait) : kLongestWait;
  add_at(key, now + wait);
  return wait;
}

std::optional<QueueState::Item> QueueState::take(SteadyTime now) {
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto [when, key] = *due_.begin();
    due_.erase(due_.begin());
    delayed_.erase(key);
    add(key, when);
  }
  if (queue_.empty()) return std::nullopt;
  Item item = std::move(queue_.front());
  queue_.pop_front();
  dirty_.erase(item.key);
  processing_.insert(item.key);
  return item;
}

void QueueState::done(const Key& key, SteadyTime now) {
  processing_.erase(key);
  if (dirty_.contains(key)) queue_.push_back({key, now});
}

std::optional<SteadyTime> QueueState::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

void WorkQueue::add(const Key& key) {
  const std::lock_guard lock(mutex_);
  state_.add(key, clock_.steady());
  changed_.notify_one();
}

void WorkQueue::add_after(const Key& key, Duration wait) {
  const std::lock_guard lock(mutex_);
  state_.add_at(key, clock_.steady() + wait);
  changed_.notify_one();
}

void WorkQueue::add_after_failure(const Key& key) {
  const std::lock_guard lock(mutex_);
  state_.add_after_failure(key, clock_.steady());
  changed_.notify_one();
}

void WorkQueue::forget(const Key& key) {
  const std::lock_guard lock(mutex_);
  state_.forget(key);
}

std::optional<QueueState::Item> WorkQueue::take() {
  std::unique_lock lock(mutex_);
  while (!shut_down_) {
    if (auto item = state_.take(clock_.steady())) {
      if (state_.depth() > 0 || state_.next_due()) changed_.notify_one();  // another thread watches the rest
      return item;
    }
    if (const auto due = state_.next_due()) {
      changed_.wait_for(lock, *due - clock_.steady());
    } else {
      changed_.wait(lock);
    }
  }
  return std::nullopt;
}

void WorkQueue::done(const Key& key) {
  const std::lock_guard lock(mutex_);
  state_.done(key, clock_.steady());
  changed_.notify_one();
}

void WorkQueue::shut_down() {
  const std::lock_guard lock(mutex_);
  shut_down_ = true;
  changed_.notify_all();
}

std::size_t WorkQueue::depth() const {
  const std::lock_guard lock(mutex_);
  return state_.depth();
}

}  // namespace tidegate::kube
