// The servers of the worker tests: dev/postgres/local, dev/kafka/local and dev/s3/local, each in the directory and on
// the port that TIDEGATE_TEST_POSTGRES, TIDEGATE_TEST_KAFKA and TIDEGATE_TEST_S3 ("DIR PORT") name. Tests may stop them
// and start them again.
#pragma once

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "common/base/text.h"
#include "tests/paths.h"

namespace tidegate::worker_test {

class LocalService {
 public:
  LocalService(const char* name, const char* variable) : script_(source_path(cat("dev/", name, "/local"))) {
    const char* place = std::getenv(variable);
    if (place == nullptr) throw std::runtime_error(cat("set ", variable, " to \"DIR PORT\""));
    std::istringstream(place) >> directory_ >> port_;
  }

  const std::string& directory() const { return directory_; }
  const std::string& port() const { return port_; }
  std::string address() const { return cat("127.0.0.1:", port_); }
  void start() { run("up", port_); }  // no-op when it runs
  void stop() { run("down"); }
  void crash() { run("kill"); }
  // Freezes the process (of Kafka only: PostgreSQL has several) as a hanging machine would.
  void freeze() { signal(SIGSTOP); }
  void thaw() { signal(SIGCONT); }

 private:
  void run(const std::string& verb, const std::string& port = "") {
    const std::string command = cat(script_, " ", verb, " '", directory_, "' ", port, " >&2");
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
  }
  void signal(int number) {
    int pid = 0;
    std::ifstream(directory_ + "/pid") >> pid;
    if (pid <= 1 || ::kill(pid, number) != 0) throw std::runtime_error("no process in " + directory_);
  }

  std::string script_;
  std::string directory_;
  std::string port_;
};

inline LocalService& postgres() {
  static LocalService service("postgres", "TIDEGATE_TEST_POSTGRES");
  return service;
}

inline LocalService& kafka_server() {
  static LocalService service("kafka", "TIDEGATE_TEST_KAFKA");
  return service;
}

inline std::string postgres_dsn(const std::string& database, const std::string& user = "postgres") {
  return cat("postgresql://", user, "@", postgres().address(), "/", database);
}

}  // namespace tidegate::worker_test
