#include "measure.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "common/base/text.h"

namespace tidegate::bench {

Outcome measure(std::vector<std::string> command, const std::function<void(pid_t)>& meanwhile) {
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const auto begin = std::chrono::steady_clock::now();
  const pid_t pid = fork();
  if (pid == 0) {
    if (std::getenv("BENCH_VERBOSE") == nullptr) dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  long peak = 0;
  // wait4() counts what this process itself had when it forked, so: looked at while it runs.
  std::jthread look([&](const std::stop_token& stop) {
    for (; !stop.stop_requested(); std::this_thread::sleep_for(std::chrono::milliseconds(20))) {
      if (const long now = peak_mib(pid); now > 0) peak = now;
    }
  });
  try {
    meanwhile(pid);
  } catch (...) {
    kill(pid, SIGKILL);
    throw;
  }
  siginfo_t ended{};
  waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT);
  look.request_stop();
  look.join();
  int status = 0;
  rusage usage{};
  wait4(pid, &status, 0, &usage);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error(command[0] + " failed");
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  return {seconds(usage.ru_utime) + seconds(usage.ru_stime), wall.count(), peak};
}

double cpu_seconds(pid_t pid) {
  const std::string stat = contents(cat("/proc/", std::to_string(pid), "/stat"));
  std::istringstream in(stat.substr(stat.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) in >> skipped;
  double user = 0;
  double system = 0;
  in >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

long peak_mib(pid_t pid) {
  const std::string status = contents(cat("/proc/", std::to_string(pid), "/status"));
  const std::size_t peak = status.find("VmHWM:");  // not there once it has ended
  return peak == std::string::npos ? 0 : std::stol(status.substr(peak + 6)) / 1024;
}

std::string contents(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

void report(const std::string& name, const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  std::printf("| %s | %.3f | %.3f | %.3f |\n", name.c_str(), median(values), *low, *high);
}

}  // namespace tidegate::bench
