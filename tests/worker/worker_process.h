// A tidegate-worker as Kubernetes would run it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "common/base/clock.h"
#include "common/json/json.h"
#include "tests/worker/programs.h"

namespace tidegate::worker_test {

// Killed on destruction. Its log and settings are in a temporary directory of its own, its standard output too.
class WorkerProcess {
 public:
  // `settings`: stage.json; metricsPort is set to any free one. `pod` becomes the group instance id.
  // `program`: tidegate-worker or one that is called like it.
  WorkerProcess(Json settings, const std::string& pod, const std::string& program = worker_program());
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  void signal(int number);
  // Waits for the end; the exit code, or minus the signal. Throws after half a minute.
  int wait();
  bool running();
  int terminate();  // SIGTERM and wait()
  void kill();      // SIGKILL and wait()

  std::string log() const;
  std::string output() const;
  // GET on the worker's HTTP port: status and body; 0 when it does not answer.
  std::pair<int, std::string> get(const std::string& path);
  // The value of a metric by the text in front of it, such as `tidegate_stage_waiting{…}`'s name; -1 when it is
  // missing.
  double metric(const std::string& name);

 private:
  std::string directory_;
  pid_t pid_ = -1;
  int status_ = 0;
};

// Polls until the condition holds; false when it does not within `patience`.
bool eventually(const std::function<bool()>& condition, Duration patience = Duration{30'000});
// The same for a worker to be ready.
bool ready(WorkerProcess& worker, Duration patience = Duration{30'000});

}  // namespace tidegate::worker_test
