// One session with a PostgreSQL server (libpq inside), in which no call outlasts its deadline: a server that is frozen
// or cut off must not freeze the worker.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace tidegate::sinks {

// What the server, or the connection, answered. Without secrets.
struct PostgresError {
  std::string sqlstate;  // class 08 when the connection is lost
  std::string message;   // the server's own words: message and detail
  std::string subject;   // the constraint or column that it is about; may be empty
};

// Not thread-safe. After an error of class 08 it is of no use any more.
class PostgresConnection {
 public:
  // `dsn`: a postgresql:// URI or key=value pairs as libpq takes them; what it leaves open gets defaults that notice a
  // dead peer within seconds. Messages never hold the DSN's values except what the server itself says (FATAL: ...).
  static Result<std::unique_ptr<PostgresConnection>> connect(const std::string& dsn,
                                                             const std::string& application_name, Duration timeout);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // One statement or several separated by semicolons; the first error ends them.
  std::optional<PostgresError> execute(const std::string& sql, Duration timeout);

  using Rows = std::vector<std::vector<std::string>>;  // NULL is ""
  std::optional<PostgresError> query(const std::string& sql, const std::vector<std::string>& parameters,
                                     Duration timeout, Rows& rows);

  // `sql` ends in a COPY ... FROM STDIN; other statements may come before it. `copied` is set to the number of rows
  // that the server says it took.
  std::optional<PostgresError> copy(const std::string& sql, std::string_view data, Duration timeout,
                                    std::int64_t& copied);

 private:
  struct Impl;
  explicit PostgresConnection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::sinks
