// What breaks, and how it is mended.
#pragma once

#include <functional>
#include <random>
#include <string>

#include "brokers.h"
#include "common/base/clock.h"
#include "workers.h"
#include "workload.h"

namespace tidegate::faults {

struct Arena {
  Brokers& brokers;
  Workers& workers;  // worker-0 and worker-1
  const Workload& workload;
  std::mt19937& random;
};

struct Fault {
  std::string name;
  Duration hold;  // between begin and end
  std::function<void(Arena&)> begin;
  std::function<void(Arena&)> end;
};

// The broker that is ... when the fault begins.
enum class Target { output_leader, input_leader, group_coordinator, transaction_coordinator, controller };

Fault kill_worker();   // back at once
Fault lose_worker();   // back when the other has taken over
Fault stop_worker();   // SIGTERM
Fault pause_worker();  // longer than its session
Fault pause_worker_in_transaction();
Fault replace_worker();  // hangs, another gets its name, it wakes
Fault add_worker();      // and takes it away again
Fault remove_worker();   // and brings it back
Fault roll_workers();
Fault kill_all_workers();
Fault cut_worker(Target target);  // one worker does not reach that broker

Fault kill_broker(Target target);
Fault pause_broker(Target target);
Fault cut_broker(Target target);  // it and the other two do not reach each other
Fault fill_disk(Target target);
Fault roll_brokers();
Fault kill_two_brokers();
Fault kill_all_brokers();
Fault restart_everything();  // in order

}  // namespace tidegate::faults
