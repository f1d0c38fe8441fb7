#include "controllers/pipeline/sql_check.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "common/base/text.h"
#include "common/json/json.h"
#include "crds/fields.h"

namespace tidegate::controllers {
namespace {

constexpr std::size_t max_answers = 512;
constexpr std::size_t max_output = 1 << 20;

Error failed(const std::string& what) {
  return {"CheckFailed", cat("tidegate-worker check: ", what)};
}

std::string question(const Query& query) {
  Json out = Json::object({{"topic", query.topic}, {"fields", crds::to_json(query.fields)}, {"query", query.sql}});
  for (const auto& [name, value] : query.more.members()) out[name] = value;
  return out.dump();
}

Result<std::vector<crds::Field>> parse_answer(const std::string& text) {
  const auto answer = Json::parse(text);
  if (!answer) return failed("answered no JSON");
  if (!answer->at("ok").as_bool()) {
    // The message tells the place itself.
    return Error{answer->at("reason").as_string("InvalidQuery"), answer->at("message").as_string()};
  }
  std::vector<crds::Field> out;
  for (const Json& column : answer->at("columns").items()) {
    out.push_back({column.at("name").as_string(), column.at("type").as_string(), false});
  }
  if (out.empty()) return failed("answered no columns");
  return out;
}

// A pipe whose ends are closed with it.
struct Pipe {
  std::array<int, 2> fd{-1, -1};
  bool open() { return pipe2(fd.data(), O_CLOEXEC) == 0; }
  void close(std::size_t end) {
    if (fd[end] >= 0) ::close(fd[end]);
    fd[end] = -1;
  }
  ~Pipe() {
    close(0);
    close(1);
  }
};

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become_worker(const char* binary, const Pipe& in, const Pipe& out) {
  const rlimit cpu{10, 10}, none{0, 0};
  setrlimit(RLIMIT_CPU, &cpu);
  setrlimit(RLIMIT_CORE, &none);
  setrlimit(RLIMIT_FSIZE, &none);
  dup2(in.fd[0], STDIN_FILENO);
  dup2(out.fd[1], STDOUT_FILENO);
  execlp(binary, binary, "check", static_cast<char*>(nullptr));
  _exit(127);
}

// Feeds `input`, collects what comes back until it ends or the deadline has passed.
Result<std::string> converse(Pipe& in, Pipe& out, const std::string& input,
                             std::chrono::steady_clock::time_point deadline) {
  std::size_t sent = 0;
  std::string output;
  fcntl(in.fd[1], F_SETFL, O_NONBLOCK);
  for (;;) {
    const auto left = std::chrono::duration_cast<Duration>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return failed("took too long");
    std::array<pollfd, 2> fds{pollfd{out.fd[0], POLLIN, 0}, pollfd{in.fd[1], POLLOUT, 0}};
    if (poll(fds.data(), in.fd[1] >= 0 ? 2 : 1, static_cast<int>(left)) < 0 && errno != EINTR)
      return failed(std::strerror(errno));
    if (in.fd[1] >= 0 && fds[1].revents != 0) {
      const ssize_t n = write(in.fd[1], input.data() + sent, input.size() - sent);
      if (n > 0) sent += static_cast<std::size_t>(n);
      if (sent == input.size() || (n < 0 && errno != EAGAIN)) in.close(1);
    }
    if (fds[0].revents != 0) {
      std::array<char, 4096> buffer;
      const ssize_t n = read(out.fd[0], buffer.data(), buffer.size());
      if (n == 0) return output;
      if (n > 0) output.append(buffer.data(), static_cast<std::size_t>(n));
      if (output.size() > max_output) return failed("answered too much");
    }
  }
}

}  // namespace

Result<std::string> WorkerSqlCheck::run(const std::string& input) const {
  const auto deadline = std::chrono::steady_clock::now() + timeout_;
  Pipe in, out;
  if (!in.open() || !out.open()) return failed(std::strerror(errno));
  const pid_t child = fork();
  if (child < 0) return failed(std::strerror(errno));
  if (child == 0) become_worker(binary_.c_str(), in, out);
  in.close(0);
  out.close(1);
  auto output = converse(in, out, input, deadline);
  if (!output) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!output) return output;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return failed(cat("cannot run ", binary_));
  if (WIFSIGNALED(status)) return failed(cat("was ended by signal ", std::to_string(WTERMSIG(status))));
  if (WEXITSTATUS(status) != 0) return failed(cat("ended with exit code ", std::to_string(WEXITSTATUS(status))));
  return output;
}

Result<std::vector<crds::Field>> WorkerSqlCheck::columns(const Query& query) {
  const std::string input = question(query);
  const std::string hash = sha256_hex(input);
  const std::lock_guard lock(mutex_);
  if (const auto known = answers_.find(hash); known != answers_.end()) return known->second;
  const auto output = run(input);
  if (!output) return output.error();
  auto answer = parse_answer(*output);
  if (!answer && answer.error().reason == "CheckFailed") return answer;
  if (answers_.size() >= max_answers) answers_.clear();
  answers_.insert({hash, answer});
  return answer;
}

}  // namespace tidegate::controllers
