#include "cli/worker_check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "common/base/text.h"
#include "common/json/json.h"
#include "crds/fields.h"
#include "crds/graph.h"
#include "crds/tables.h"
#include "crds/windows.h"

namespace tidegate::cli {
namespace {

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  bool open() { return pipe2(ends.data(), O_CLOEXEC) == 0; }
  void close_end(int which) {
    if (ends[static_cast<std::size_t>(which)] >= 0) ::close(ends[static_cast<std::size_t>(which)]);
    ends[static_cast<std::size_t>(which)] = -1;
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
};

// The question is far smaller than a pipe's buffer, so it is written whole before the answer is read.
Result<std::string> ask(const std::string& program, const std::string& question) {
  const Error failed{"CheckFailed", "could not run " + program + " check"};
  Pipe in;
  Pipe out;
  if (!in.open() || !out.open()) return failed;
  const pid_t child = fork();
  if (child < 0) return failed;
  if (child == 0) {
    dup2(in.ends[0], STDIN_FILENO);
    dup2(out.ends[1], STDOUT_FILENO);
    alarm(30);
    execl(program.c_str(), program.c_str(), "check", nullptr);
    _exit(127);
  }
  in.close_end(0);
  out.close_end(1);
  signal(SIGPIPE, SIG_IGN);
  const bool sent = ::write(in.ends[1], question.data(), question.size()) == static_cast<ssize_t>(question.size());
  in.close_end(1);
  std::string answer;
  std::array<char, 4096> piece{};
  for (ssize_t n = 0; (n = ::read(out.ends[0], piece.data(), piece.size())) > 0;) {
    answer.append(piece.data(), static_cast<std::size_t>(n));
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!sent || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return failed;
  return answer;
}

}  // namespace

Json query_request(const std::string& topic, const std::vector<crds::Field>& fields, const std::string& query,
                   const std::vector<std::string>& key) {
  return Json::object(
      {{"topic", topic}, {"fields", crds::to_json(fields)}, {"query", query}, {"key", Json::array(key)}});
}

Json query_request(const crds::PipelineSpec& spec, const crds::Processor& processor,
                   const std::vector<crds::Field>& fields) {
  Json request = query_request(crds::table_of(processor), fields, processor.query, crds::output_key(spec, processor));
  const Json window = crds::window_request(spec, processor);
  for (const auto& [name, value] : window.members()) request[name] = value;
  if (!processor.tables.empty()) request["tables"] = crds::tables_request(spec, processor);
  crds::add_format(spec, processor.from, request);
  return request;
}

std::string find_worker() {
  namespace fs = std::filesystem;
  std::error_code ignored;
  std::vector<std::string> folders = {fs::read_symlink("/proc/self/exe", ignored).parent_path().string()};
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split(path != nullptr ? path : "", ':')) folders.push_back(folder);
  for (const std::string& folder : folders) {
    const std::string candidate = folder + "/tidegate-worker";
    if (!folder.empty() && access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

CheckQuery worker_check(const std::string& program) {
  return [program](const Json& request) -> Result<std::vector<crds::Field>> {
    const auto text = ask(program, request.dump());
    if (!text) return text.error();
    const auto answer = Json::parse(*text);
    if (!answer) return Error{"CheckFailed", program + " check gave no JSON"};
    if (!answer->get("ok").as_bool()) {
      return Error{answer->get("reason").as_string("CheckFailed"), answer->get("message").as_string()};
    }
    std::vector<crds::Field> columns;
    for (const Json& column : answer->get("columns").items()) {
      columns.push_back({column.get("name").as_string(), column.get("type").as_string(), false});
    }
    return columns;
  };
}

}  // namespace tidegate::cli
