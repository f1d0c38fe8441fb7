// The workers of one stage: as many as wanted, each with the name that Kubernetes would give its pod.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/worker/worker_process.h"

namespace tidegate::faults {

class Workers {
 public:
  // `bug`: of the faulty worker; empty: the real one.
  Workers(Json settings, const std::string& bug);

  void start(int ordinal);  // no-op when it runs
  void kill(int ordinal);
  void terminate(int ordinal);  // throws when it does not end well
  void pause(int ordinal, bool paused);
  // Before the offsets of the next transaction; only a worker with a bug can (tests/worker/faulty_worker.cpp).
  void pause_in_transaction(int ordinal);
  // Another process with its name, as when its node was given up for lost; the old one hangs until it wakes for a
  // second, before the node is gone.
  void replace(int ordinal);
  void wake_replaced();

  std::vector<int> running() const;
  bool busy();         // all of them have written something
  std::string died();  // the worker that ended without being told to; empty: none
  std::string logs();  // what they say, and their last lines

 private:
  using Process = worker_test::WorkerProcess;
  Json settings_;
  std::map<int, std::unique_ptr<Process>> running_;
  std::unique_ptr<Process> replaced_;
};

}  // namespace tidegate::faults
