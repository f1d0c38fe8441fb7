#include "workers.h"

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "common/base/text.h"
#include "tests/paths.h"
#include "tests/worker/programs.h"

namespace tidegate::faults {
namespace {

std::string pod(int ordinal) {
  return cat("worker-", std::to_string(ordinal));
}

std::string last_lines(const std::string& text, int lines) {
  std::size_t at = text.size();
  for (; lines >= 0 && at != std::string::npos && at > 0; --lines) at = text.rfind('\n', at - 1);
  return at == std::string::npos ? text : text.substr(at);
}

}  // namespace

Workers::Workers(Json settings, const std::string& bug) : settings_(std::move(settings)) {
  setenv("TIDEGATE_FAULTS_WORKER",
         (bug.empty() ? worker_test::worker_program() : worker_test::faulty_worker_program()).c_str(), 1);
  setenv("TIDEGATE_TEST_FAULT", bug.c_str(), 1);
}

void Workers::start(int ordinal) {
  auto& process = running_[ordinal];
  if (!process) process = std::make_unique<Process>(settings_, pod(ordinal), source_path("tests/faults/worker"));
}

void Workers::kill(int ordinal) {
  running_.at(ordinal)->kill();
  running_.erase(ordinal);
}

void Workers::terminate(int ordinal) {
  if (const int code = running_.at(ordinal)->terminate(); code != 0) {
    throw std::runtime_error(cat(pod(ordinal), " ended with ", std::to_string(code)));
  }
  running_.erase(ordinal);
}

void Workers::pause_in_transaction(int ordinal) {
  running_.at(ordinal)->signal(SIGUSR1);
}

void Workers::pause(int ordinal, bool paused) {
  running_.at(ordinal)->signal(paused ? SIGSTOP : SIGCONT);
}

void Workers::replace(int ordinal) {
  pause(ordinal, true);
  replaced_ = std::move(running_.at(ordinal));
  running_.erase(ordinal);
  start(ordinal);
}

void Workers::wake_replaced() {
  replaced_->signal(SIGCONT);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  replaced_.reset();
}

std::vector<int> Workers::running() const {
  std::vector<int> ordinals;
  for (const auto& entry : running_) ordinals.push_back(entry.first);
  return ordinals;
}

bool Workers::busy() {
  for (const auto& [ordinal, process] : running_) {
    if (process->metric("tidegate_stage_records_in_total") <= 0) return false;
  }
  return true;
}

std::string Workers::died() {
  for (const auto& [ordinal, process] : running_) {
    if (!process->running()) return pod(ordinal);
  }
  return {};
}

std::string Workers::logs() {
  std::string text;
  for (const auto& [ordinal, process] : running_) {
    text += cat("\n", pod(ordinal), " says ", process->get("/readyz").second, last_lines(process->log(), 15));
  }
  return text;
}

}  // namespace tidegate::faults
