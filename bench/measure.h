// What the benchmarks share: running a contender as a process, what it took, and its figures as rows of a table.
// Everything throws std::runtime_error.
#pragma once

#include <sys/types.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace tidegate::bench {

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

struct Outcome {
  double cpu_seconds = 0;  // user and system
  double wall_seconds = 0;
  long peak_mib = 0;  // of resident memory
};

// Runs a program to its end; `meanwhile` may have to end it. BENCH_VERBOSE shows what it writes to stderr.
Outcome measure(std::vector<std::string> command, const std::function<void(pid_t)>& meanwhile);

// Of all threads of a process that runs. The most memory it had is 0 once it has ended.
double cpu_seconds(pid_t pid);
long peak_mib(pid_t pid);

std::string contents(const std::string& path);

double median(std::vector<double> values);
// "| name | median | least | most |"
void report(const std::string& name, const std::vector<double>& values);

}  // namespace tidegate::bench
