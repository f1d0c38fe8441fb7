#include "cli/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/base/text.h"

extern char** environ;

namespace tidegate::cli {

Result<void> run_program(const std::vector<std::string>& words, const std::string& input_file,
                         const std::string& output_file) {
  const std::string said_file = output_file + ".stderr";
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, input_file.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output_file.c_str(), kWrite, 0600);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, said_file.c_str(), kWrite, 0600);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int started = posix_spawn(&child, words[0].c_str(), &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (started != 0) return Error{"ProgramFailed", cat(words[0], ": ", std::strerror(started))};
  int status = 0;
  waitpid(child, &status, 0);
  std::ifstream file(said_file);
  const std::string said(std::istreambuf_iterator<char>(file), {});
  std::filesystem::remove(said_file);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Error{"ProgramFailed", cat(words[0], " ", words[1], " failed: ", said)};
}

}  // namespace tidegate::cli
