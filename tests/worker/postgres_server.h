// The PostgreSQL server of the worker tests: dev/postgres/local on TIDEGATE_TEST_POSTGRES ("DIR PORT"). Tests may stop
// it and start it again.
#pragma once

#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string>

#include "common/base/text.h"

namespace tidegate::worker_test {

class PostgresServer {
 public:
  static PostgresServer& instance() {
    static PostgresServer server;
    return server;
  }

  const std::string& port() const { return port_; }
  std::string dsn(const std::string& database, const std::string& user = "postgres") const {
    return cat("postgresql://", user, "@127.0.0.1:", port_, "/", database);
  }
  void start() { run(cat("up '", directory_, "' ", port_)); }
  void stop(bool crash) { run(cat(crash ? "kill" : "down", " '", directory_, "'")); }

 private:
  PostgresServer() {
    const char* place = std::getenv("TIDEGATE_TEST_POSTGRES");
    if (place == nullptr) throw std::runtime_error("set TIDEGATE_TEST_POSTGRES to \"DIR PORT\"");
    std::istringstream(place) >> directory_ >> port_;
  }
  void run(const std::string& arguments) {
    const std::string command = cat(TIDEGATE_SOURCE_DIR "/dev/postgres/local ", arguments, " >&2");
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
  }

  std::string directory_;
  std::string port_;
};

}  // namespace tidegate::worker_test
