#include "worker_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "common/base/text.h"

namespace tidegate::worker_test {
namespace {

constexpr Duration kPatience{30'000};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

WorkerProcess::WorkerProcess(Json settings, const std::string& pod, const std::string& program) {
  std::string name = (std::filesystem::temp_directory_path() / "tidegate-worker-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  directory_ = name;
  settings["metricsPort"] = 0;
  const std::string config = directory_ + "/stage.json";
  std::ofstream(config) << settings.dump(2);
  const std::string log_file = directory_ + "/log";
  const std::string output_file = directory_ + "/output";
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    setenv("POD_NAME", pod.c_str(), 1);
    dup2(open(log_file.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600), STDERR_FILENO);
    dup2(open(output_file.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600), STDOUT_FILENO);
    execl(program.c_str(), program.c_str(), "run", "--config", config.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
}

WorkerProcess::~WorkerProcess() {
  if (running()) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void WorkerProcess::signal(int number) {
  if (running()) ::kill(pid_, number);
}

bool WorkerProcess::running() {
  if (pid_ < 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  pid_ = -1;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return false;
}

int WorkerProcess::wait() {
  if (!eventually([this] { return !running(); }, kPatience))
    throw std::runtime_error("the worker does not end:\n" + log());
  return status_;
}

int WorkerProcess::terminate() {
  signal(SIGTERM);
  return wait();
}

void WorkerProcess::kill() {
  signal(SIGKILL);
  wait();
}

std::string WorkerProcess::log() const {
  return read_file(directory_ + "/log");
}
std::string WorkerProcess::output() const {
  return read_file(directory_ + "/output");
}

std::pair<int, std::string> WorkerProcess::get(const std::string& path) {
  const std::string text = log();
  constexpr std::string_view kMark = "\"metrics_port\":\"";
  const auto found = text.find(kMark);
  if (found == std::string::npos) return {0, ""};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(text.substr(found + kMark.size()))));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
  std::string answer;
  if (connect(socket_fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = cat("GET ", path, " HTTP/1.1\r\nHost: worker\r\nConnection: close\r\n\r\n");
    if (write(socket_fd, request.data(), request.size()) > 0) {
      char buffer[4096];
      for (ssize_t count; (count = read(socket_fd, buffer, sizeof buffer)) > 0;) {
        answer.append(buffer, static_cast<std::size_t>(count));
      }
    }
  }
  close(socket_fd);
  const auto body = answer.find("\r\n\r\n");
  if (body == std::string::npos) return {0, ""};
  return {std::atoi(answer.c_str() + 9), answer.substr(body + 4)};
}

double WorkerProcess::metric(const std::string& name) {
  const std::string text = "\n" + get("/metrics").second;
  const auto found = text.find("\n" + name);
  if (found == std::string::npos) return -1;
  const auto line = text.substr(found + 1, text.find('\n', found + 1) - found - 1);
  return std::stod(line.substr(line.rfind(' ')));
}

bool eventually(const std::function<bool()>& condition, Duration patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(Duration{50});
  }
  return true;
}

bool ready(WorkerProcess& worker, Duration patience) {
  return eventually([&] { return worker.get("/readyz").first == 200; }, patience);
}

}  // namespace tidegate::worker_test
