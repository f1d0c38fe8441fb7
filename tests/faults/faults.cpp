#include "faults.h"

#include <memory>
#include <thread>

#include "common/base/text.h"

namespace tidegate::faults {
namespace {

constexpr Duration kBriefly{500};
constexpr Duration kAWhile{3000};
constexpr Duration kPastTheSession{8000};  // a worker's session ends after 6 s; a transaction after 10 s

const char* name_of(Target target) {
  switch (target) {
    case Target::output_leader:
      return "the output's leader";
    case Target::input_leader:
      return "the input's leader";
    case Target::group_coordinator:
      return "the group's coordinator";
    case Target::transaction_coordinator:
      return "the transactions' coordinator";
    case Target::controller:
      return "the controller";
  }
  return "";
}

int node_of(Target target, Arena& arena) {
  const int partition = static_cast<int>(arena.random() % kPartitions);
  switch (target) {
    case Target::output_leader:
      return arena.brokers.leader(arena.workload.output(), partition);
    case Target::input_leader:
      return arena.brokers.leader(arena.workload.input(), partition);
    case Target::group_coordinator:
      return arena.brokers.group_coordinator(arena.workload.group());
    case Target::transaction_coordinator:
      return arena.brokers.transaction_coordinator(arena.workload.group() + ".worker-0");
    case Target::controller:
      return arena.brokers.controller();
  }
  return 1;
}

// A fault of the broker that is the target when it begins.
template <typename Begin, typename End>
Fault of_broker(const std::string& what, Target target, Duration hold, Begin begin, End end) {
  const auto node = std::make_shared<int>(0);
  return {cat(what, " ", name_of(target)), hold,
          [=](Arena& arena) {
            *node = node_of(target, arena);
            begin(arena, *node);
          },
          [=](Arena& arena) { end(arena, *node); }};
}

void nothing(Arena&) {}

void start_both(Arena& arena) {
  arena.workers.start(0);
  arena.workers.start(1);
}

}  // namespace

Fault kill_worker() {
  return {"kill -9 of a worker", kBriefly, [](Arena& a) { a.workers.kill(0); }, start_both};
}

Fault lose_worker() {
  return {"a worker lost, the other takes over", kPastTheSession, [](Arena& a) { a.workers.kill(0); }, start_both};
}

Fault stop_worker() {
  return {"SIGTERM of a worker", kBriefly, [](Arena& a) { a.workers.terminate(0); }, start_both};
}

Fault pause_worker() {
  return {"a worker hangs past its session and wakes", kPastTheSession, [](Arena& a) { a.workers.pause(0, true); },
          [](Arena& a) { a.workers.pause(0, false); }};
}

Fault pause_worker_in_transaction() {
  return {"a worker hangs in a transaction past its session and wakes", kPastTheSession,
          [](Arena& a) { a.workers.pause_in_transaction(0); }, [](Arena& a) { a.workers.pause(0, false); }};
}

Fault replace_worker() {
  return {"a worker hangs, is replaced and wakes", kAWhile, [](Arena& a) { a.workers.replace(0); },
          [](Arena& a) { a.workers.wake_replaced(); }};
}

Fault add_worker() {
  return {"a worker more for a while", kAWhile, [](Arena& a) { a.workers.start(2); },
          [](Arena& a) { a.workers.terminate(2); }};
}

Fault remove_worker() {
  return {"a worker less for a while", kAWhile, [](Arena& a) { a.workers.terminate(1); }, start_both};
}

Fault roll_workers() {
  return {"rolling restart of the workers", kBriefly,
          [](Arena& a) {
            for (const int ordinal : a.workers.running()) {
              a.workers.terminate(ordinal);
              a.workers.start(ordinal);
            }
          },
          nothing};
}

Fault kill_all_workers() {
  return {"kill -9 of all workers", kBriefly,
          [](Arena& a) {
            for (const int ordinal : a.workers.running()) a.workers.kill(ordinal);
          },
          start_both};
}

Fault cut_worker(Target target) {
  return of_broker(
      "a worker cut off from", target, kPastTheSession, [](Arena& a, int node) { a.brokers.cut_worker(0, node); },
      [](Arena& a, int) { a.brokers.mend_network(); });
}

Fault kill_broker(Target target) {
  return of_broker(
      "kill -9 of", target, kBriefly, [](Arena& a, int node) { a.brokers.kill(node); },
      [](Arena& a, int node) { a.brokers.start({node}); });
}

Fault pause_broker(Target target) {
  return of_broker(
      "a pause of", target, kAWhile, [](Arena& a, int node) { a.brokers.freeze(node, true); },
      [](Arena& a, int node) { a.brokers.freeze(node, false); });
}

Fault cut_broker(Target target) {
  return of_broker(
      "the other brokers cut off from", target, kAWhile,
      [](Arena& a, int node) {
        for (int other = 1; other <= kNodes; ++other) {
          if (other == node) continue;
          a.brokers.cut_nodes(node, other);
          a.brokers.cut_nodes(other, node);
        }
      },
      [](Arena& a, int) { a.brokers.mend_network(); });
}

Fault fill_disk(Target target) {
  return of_broker(
      "a full disk of", target, kAWhile, [](Arena& a, int node) { a.brokers.fill_disk(node, true); },
      [](Arena& a, int node) {
        a.brokers.fill_disk(node, false);
        a.brokers.start({node});  // it ends by itself when it cannot write
      });
}

Fault roll_brokers() {
  return {"rolling restart of the brokers", kBriefly,
          [](Arena& a) {
            for (int node = 1; node <= kNodes; ++node) {
              a.brokers.stop(node);
              a.brokers.start({node});
            }
          },
          nothing};
}

Fault kill_two_brokers() {
  return of_broker(
      "kill -9 of all brokers but", Target::output_leader, kAWhile,
      [](Arena& a, int node) {
        for (int other = 1; other <= kNodes; ++other) {
          if (other != node) a.brokers.kill(other);
        }
      },
      [](Arena& a, int) { a.brokers.start_all(); });
}

Fault kill_all_brokers() {
  return {"kill -9 of all brokers", kBriefly,
          [](Arena& a) {
            for (int node = 1; node <= kNodes; ++node) a.brokers.kill(node);
          },
          [](Arena& a) { a.brokers.start_all(); }};
}

Fault restart_everything() {
  return {"everything stopped in order and started", kBriefly,
          [](Arena& a) {
            for (const int ordinal : a.workers.running()) a.workers.terminate(ordinal);
            a.brokers.stop_all();
          },
          [](Arena& a) {
            a.brokers.start_all();
            start_both(a);
          }};
}

}  // namespace tidegate::faults
