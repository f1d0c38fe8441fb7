// A small HTTP/1.1 server (Boost.Beast inside) for probes, metrics and the HTTP intake.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace tidegate::http {

struct Request {
  std::string method;  // "GET"; a HEAD request is shown as GET, and the server leaves the body of the answer out
  std::string target;  // path and query, undecoded
  std::string content_type;
  std::string content_encoding;
  std::string authorization;
  std::string body;
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// Answers exactly once, from any thread, at once or later; later calls, and calls after the server stopped, do nothing.
// When the last copy is dropped without an answer the client gets 500.
using Respond = std::function<void(Response)>;

// Called on a server thread and must not block; an exception becomes 500. Paths and methods are the handler's business
// (404, 405). Must not stop or destroy the server.
using Handler = std::function<void(Request, Respond)>;

// Called when the head of a request is there, before its body is read (`body` is empty). An answer refuses the request
// without reading the body and closes the connection. Same rules as for a Handler.
using Admit = std::function<std::optional<Response>(const Request&)>;

struct Options {
  std::string address = "0.0.0.0";
  std::uint16_t port = 0;  // 0: any free one, see Server::port()
  int threads = 1;
  std::size_t max_body = 64 * 1024;              // bytes; beyond it the answer is 413
  std::size_t max_in_flight = 64 * 1024 * 1024;  // bytes of bodies received and not answered yet, over all connections;
                                                 // beyond it the answer is 429 with Retry-After: 1
  std::size_t max_connections = 1024;            // beyond it new ones are closed at once
  Duration read_timeout{10'000};                 // for one whole request, against slow senders; also for one answer
  Duration idle_timeout{90'000};                 // between two requests of a connection
  Admit admit = nullptr;
  std::function<void(int status)> answered = nullptr;  // called for every answer, refusals by the server included
};

// Listens from construction until stop() or destruction; both wait for the server's own threads. Thread-safe.
// Requests of one connection are handled one after the other, those of several at the same time.
class Server {
 public:
  // Fails with reason ListenFailed.
  static Result<std::unique_ptr<Server>> listen(const Options& options, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  // Bytes that count towards max_in_flight right now.
  std::size_t bytes_in_flight() const;
  // Accepts no more, closes idle connections, lets requests under way finish for up to `grace`, then closes
  // everything. Idempotent.
  void stop(Duration grace = Duration{0});

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::http
