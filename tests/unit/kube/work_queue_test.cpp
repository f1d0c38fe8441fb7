#include "operator/kube/work_queue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <thread>

using namespace tidegate;
using namespace tidegate::kube;

namespace {

const Key kA{"shop", "a"};
const Key kB{"shop", "b"};
constexpr SteadyTime kBegin{std::chrono::hours(1)};
SteadyTime at(int ms) {
  return kBegin + Duration(ms);
}

}  // namespace

TEST_CASE("queue: many adds are one run") {
  QueueState queue;
  for (int i = 0; i < 1000; ++i) queue.add(kA, at(i));
  CHECK(queue.depth() == 1);
  const auto item = queue.take(at(1000));
  REQUIRE(item);
  CHECK(item->ready_at == at(0));
  CHECK_FALSE(queue.take(at(1000)));
  queue.done(kA, at(1001));
  CHECK_FALSE(queue.take(at(1002)));
}

TEST_CASE("queue: adds during a run make exactly one more run - after it") {
  QueueState queue;
  queue.add(kA, at(0));
  REQUIRE(queue.take(at(0)));
  queue.add(kA, at(1));
  queue.add(kA, at(2));
  CHECK_FALSE(queue.take(at(3)));
  queue.done(kA, at(4));
  CHECK(queue.take(at(4))->ready_at == at(4));
  queue.done(kA, at(5));
  CHECK_FALSE(queue.take(at(5)));
}

TEST_CASE("queue: a delayed key keeps the earlier time") {
  QueueState queue;
  queue.add_at(kA, at(100));
  queue.add_at(kA, at(200));
  CHECK(queue.next_due() == at(100));
  queue.add_at(kA, at(50));
  CHECK(queue.next_due() == at(50));
  CHECK_FALSE(queue.take(at(49)));
  CHECK(queue.take(at(50))->key == kA);
  queue.done(kA, at(51));
  CHECK_FALSE(queue.take(at(500)));
  CHECK_FALSE(queue.next_due());
}

TEST_CASE("queue: a plain add does not cancel a timer") {
  QueueState queue;
  queue.add_at(kA, at(100));
  queue.add(kA, at(0));
  REQUIRE(queue.take(at(0)));
  queue.done(kA, at(1));
  CHECK(queue.take(at(100)));
}

TEST_CASE("queue: failures double the wait up to a minute until forgotten") {
  QueueState queue;
  std::vector<int> waits;
  for (int i = 0; i < 16; ++i) waits.push_back(static_cast<int>(queue.add_after_failure(kA, at(0)).count()));
  CHECK(waits ==
        std::vector<int>{5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10240, 20480, 40960, 60000, 60000});
  for (int i = 0; i < 5000; ++i) queue.add_after_failure(kA, at(0));
  CHECK(queue.add_after_failure(kA, at(0)).count() == 60000);
  CHECK(queue.add_after_failure(kB, at(0)).count() == 5);
  queue.forget(kA);
  CHECK(queue.add_after_failure(kA, at(0)).count() == 5);
}

// Against a naive model: a key is ready iff it was added after its last take, is not being handled, and in order.
TEST_CASE("queue: random operations agree with a naive model") {
  std::mt19937 random(42);
  QueueState queue;
  struct Naive {
    bool wanted = false, running = false;
    std::optional<int> timer;
  };
  std::map<Key, Naive> naive;
  std::vector<Key> order;  // of keys that became ready
  int now = 0;
  const auto ready = [&](const Key& key) {
    Naive& n = naive[key];
    if (!n.wanted && !n.running) order.push_back(key);
    n.wanted = true;
  };
  for (int step = 0; step < 20000; ++step) {
    const Key key{"", std::to_string(random() % 5)};
    Naive& n = naive[key];
    now += static_cast<int>(random() % 3);
    switch (random() % 5) {
      case 0:
        queue.add(key, at(now));
        ready(key);
        break;
      case 1: {
        const int when = now + static_cast<int>(random() % 50);
        queue.add_at(key, at(when));
        n.timer = std::min(n.timer.value_or(when), when);
        break;
      }
      case 2:
        if (!n.running) break;
        queue.done(key, at(now));
        n.running = false;
        if (n.wanted) order.push_back(key);
        break;
      default: {
        std::vector<std::pair<int, Key>> due;
        for (auto& [k, state] : naive) {
          if (state.timer && *state.timer <= now) due.emplace_back(*state.timer, k);
        }
        std::sort(due.begin(), due.end());
        for (const auto& [when, k] : due) {
          naive[k].timer.reset();
          ready(k);
        }
        const auto item = queue.take(at(now));
        REQUIRE(item.has_value() == !order.empty());
        if (!item) break;
        REQUIRE(item->key == order.front());
        order.erase(order.begin());
        REQUIRE_FALSE(naive[item->key].running);
        naive[item->key].wanted = false;
        naive[item->key].running = true;
      }
    }
  }
}

TEST_CASE("queue: threads never get the same key at once and lose none") {
  WorkQueue queue(Clock::real());
  std::atomic<int> running[4] = {};
  std::atomic<int> overlaps = 0;
  std::atomic<bool> again[4] = {};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        while (const auto item = queue.take()) {
          const auto slot = static_cast<std::size_t>(std::stoi(item->key.name));
          if (++running[slot] != 1) ++overlaps;
          again[slot] = false;  // whatever was added before this is covered by this run
          --running[slot];
          queue.done(item->key);
        }
      });
    }
    for (int i = 0; i < 4000; ++i) {
      const auto slot = static_cast<std::size_t>(i % 4);
      again[slot] = true;
      if (i % 10 == 0) {
        queue.add_after({"", std::to_string(slot)}, Duration(1));
      } else {
        queue.add({"", std::to_string(slot)});
      }
    }
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while ((again[0] || again[1] || again[2] || again[3]) && std::chrono::steady_clock::now() < until) {
      std::this_thread::yield();
    }
    queue.shut_down();
  }
  CHECK(overlaps == 0);
  for (const auto& left : again) CHECK_FALSE(left);
}

TEST_CASE("queue: shutting down wakes those who wait and gives up the rest") {
  WorkQueue queue(Clock::real());
  queue.add_after(kA, std::chrono::hours(1));
  std::jthread waiting([&] { CHECK_FALSE(queue.take()); });
  queue.shut_down();
  waiting.join();
  queue.add(kB);
  CHECK_FALSE(queue.take());
}
