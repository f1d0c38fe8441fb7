#include "worker/sinks/postgres_connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>

#include "common/base/text.h"

namespace tidegate::sinks {

namespace {

using Deadline = std::chrono::steady_clock::time_point;

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, Finish>;
using Answer = std::unique_ptr<PGresult, Finish>;

Deadline after(Duration timeout) {
  return std::chrono::steady_clock::now() + timeout;
}

// False when the time is up.
bool wait(int socket, short events, Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<Duration>(deadline - std::chrono::steady_clock::now());
    if (left <= Duration::zero()) return false;
    pollfd entry{socket, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

// libpq quotes values of the DSN in its messages, and a password with an unescaped '@' or '/' ends up in a wrong one.
// The server's words (FATAL) stay; of libpq's own, quoted parts go.
std::string connect_problem(const std::string& message, const std::string& password) {
  std::string text = message;
  if (const auto at = text.find("failed: "); at != std::string::npos) text.erase(0, at + 8);
  text.erase(std::min(text.find('\n'), text.size()));
  if (text.find("FATAL:") == std::string::npos) {
    std::string kept;
    bool quoted = false;
    for (const char c : text) {
      if (c == '"') kept += quoted ? "\"" : "\"...";
      if (c == '"')
        quoted = !quoted;
      else if (!quoted)
        kept += c;
    }
    text = kept;
    if (!password.empty() && text.find(password) != std::string::npos) text.clear();
    if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text.empty() ? "cannot connect" : text;
}

// nullopt: not a connection string.
std::optional<std::string> password_of(const std::string& dsn) {
  PQconninfoOption* options = PQconninfoParse(dsn.c_str(), nullptr);
  if (options == nullptr) return std::nullopt;
  std::string password;
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    if (std::string_view(option->keyword) == "password" && option->val != nullptr) password = option->val;
  }
  PQconninfoFree(options);
  return password;
}

PostgresError error_of(const PGresult* result) {
  const auto part = [&](int field) {
    const char* text = PQresultErrorField(result, field);
    return std::string(text == nullptr ? "" : text);
  };
  PostgresError error{part(PG_DIAG_SQLSTATE), part(PG_DIAG_MESSAGE_PRIMARY), part(PG_DIAG_CONSTRAINT_NAME)};
  if (error.subject.empty()) error.subject = part(PG_DIAG_COLUMN_NAME);
  if (const std::string detail = part(PG_DIAG_MESSAGE_DETAIL); !detail.empty()) error.message += cat("; ", detail);
  if (error.sqlstate.empty()) error = {"08006", "connection lost", ""};
  return error;
}

}  // namespace

struct PostgresConnection::Impl {
  Connection connection;

  std::optional<PostgresError> lost(const char* what) const { return PostgresError{"08006", what, ""}; }

  std::optional<PostgresError> flush(Deadline deadline) {
    for (;;) {
      const int pending = PQflush(connection.get());
      if (pending == 0) return std::nullopt;
      if (pending < 0) return lost("connection lost");
      // Also readable: the server may want to say something before it takes more.
      if (!wait(PQsocket(connection.get()), POLLIN | POLLOUT, deadline)) return lost("no answer in time");
      if (PQconsumeInput(connection.get()) == 0) return lost("connection lost");
    }
  }

  // The next result; none when the command is over.
  std::optional<PostgresError> next(Deadline deadline, Answer& answer) {
    while (PQisBusy(connection.get()) != 0) {
      if (!wait(PQsocket(connection.get()), POLLIN, deadline)) return lost("no answer in time");
      if (PQconsumeInput(connection.get()) == 0) return lost("connection lost");
    }
    answer.reset(PQgetResult(connection.get()));
    return std::nullopt;
  }

  // Reads results until none is left or the server waits for COPY data; returns the first error. `affected`, if given,
  // gets the number of rows that the server names for the last command.
  std::optional<PostgresError> results(Deadline deadline, Rows* rows, bool* copying, std::int64_t* affected = nullptr) {
    std::optional<PostgresError> first;
    for (;;) {
      Answer answer;
      if (auto error = next(deadline, answer)) return error;
      if (!answer) return first;
      switch (PQresultStatus(answer.get())) {
        case PGRES_COPY_IN:
          if (copying == nullptr) return lost("unexpected COPY");
          *copying = true;
          return first;
        case PGRES_TUPLES_OK:
          if (rows != nullptr) append(answer.get(), *rows);
          break;
        case PGRES_COMMAND_OK:
          if (affected != nullptr) *affected = std::atoll(PQcmdTuples(answer.get()));
          break;
        case PGRES_EMPTY_QUERY:
          break;
        default:
          if (!first) first = error_of(answer.get());
          if (PQstatus(connection.get()) == CONNECTION_BAD) first->sqlstate = "08006";
      }
    }
  }

  static void append(const PGresult* result, Rows& rows) {
    for (int row = 0; row < PQntuples(result); ++row) {
      rows.emplace_back();
      for (int column = 0; column < PQnfields(result); ++column)
        rows.back().emplace_back(PQgetvalue(result, row, column));
    }
  }

  std::optional<PostgresError> send_copy_data(std::string_view data, Deadline deadline) {
    constexpr std::size_t chunk = 256 * 1024;  // each is flushed, so that libpq does not buffer the whole batch again
    for (std::size_t at = 0; at < data.size();) {
      const std::size_t size = std::min(chunk, data.size() - at);
      const int taken = PQputCopyData(connection.get(), data.data() + at, static_cast<int>(size));
      if (taken < 0) return lost("connection lost");
      if (taken > 0) at += size;
      if (auto error = flush(deadline)) return error;
    }
    int ended = 0;
    while ((ended = PQputCopyEnd(connection.get(), nullptr)) == 0) {
      if (auto error = flush(deadline)) return error;
    }
    if (ended < 0) return lost("connection lost");
    return flush(deadline);
  }
};

PostgresConnection::PostgresConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PostgresConnection::~PostgresConnection() = default;

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::connect(const std::string& dsn,
                                                                        const std::string& application_name,
                                                                        Duration timeout) {
  const std::optional<std::string> password = password_of(dsn);
  if (!password) {
    return Error{"Waiting",
                 "the connection string is not valid; write postgresql://user:password@host:5432/database "
                 "(special characters percent-encoded) or key=value pairs"};
  }
  // Later keywords win over earlier ones; what stands before dbname is a default.
  const char* keywords[] = {"application_name", "keepalives_idle",  "keepalives_interval",
                            "keepalives_count", "tcp_user_timeout", "connect_timeout",
                            "dbname",           "client_encoding",  nullptr};
  const char* values[] = {application_name.c_str(), "5", "2", "3", "10000", "5", dsn.c_str(), "UTF8", nullptr};
  const Deadline deadline = after(timeout);
  auto impl = std::make_unique<Impl>();
  impl->connection.reset(PQconnectStartParams(keywords, values, 1));
  PGconn* connection = impl->connection.get();
  if (connection == nullptr) return Error{"Waiting", "out of memory"};
  const auto failed = [&] { return Error{"Waiting", connect_problem(PQerrorMessage(connection), *password)}; };
  if (PQstatus(connection) == CONNECTION_BAD) return failed();
  for (PostgresPollingStatusType state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK;) {
    if (state == PGRES_POLLING_FAILED) return failed();
    const bool reading = state == PGRES_POLLING_READING;
    if (!wait(PQsocket(connection), reading ? POLLIN : POLLOUT, deadline)) {
      return Error{"Waiting", "connection timed out"};
    }
    state = PQconnectPoll(connection);
  }
  PQsetNoticeProcessor(
      connection, [](void*, const char*) {}, nullptr);
  if (PQsetnonblocking(connection, 1) != 0) return failed();
  return std::unique_ptr<PostgresConnection>(new PostgresConnection(std::move(impl)));
}

std::optional<PostgresError> PostgresConnection::execute(const std::string& sql, Duration timeout) {
  const Deadline deadline = after(timeout);
  if (PQsendQuery(impl_->connection.get(), sql.c_str()) == 0) return impl_->lost("connection lost");
  if (auto error = impl_->flush(deadline)) return error;
  return impl_->results(deadline, nullptr, nullptr);
}

std::optional<PostgresError> PostgresConnection::query(const std::string& sql,
                                                       const std::vector<std::string>& parameters, Duration timeout,
                                                       Rows& rows) {
  const Deadline deadline = after(timeout);
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  if (PQsendQueryParams(impl_->connection.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                        nullptr, nullptr, 0) == 0) {
    return impl_->lost("connection lost");
  }
  if (auto error = impl_->flush(deadline)) return error;
  return impl_->results(deadline, &rows, nullptr);
}

std::optional<PostgresError> PostgresConnection::copy(const std::string& sql, std::string_view data, Duration timeout,
                                                      std::int64_t& copied) {
  const Deadline deadline = after(timeout);
  if (PQsendQuery(impl_->connection.get(), sql.c_str()) == 0) return impl_->lost("connection lost");
  if (auto error = impl_->flush(deadline)) return error;
  bool copying = false;
  if (auto error = impl_->results(deadline, nullptr, &copying)) return error;
  if (!copying) return impl_->lost("the server did not ask for COPY data");
  if (auto error = impl_->send_copy_data(data, deadline)) return error;
  return impl_->results(deadline, nullptr, nullptr, &copied);
}

}  // namespace tidegate::sinks
