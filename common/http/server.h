// A small HTTP/1.1 server (Boost.Beast inside) for probes, metrics and the HTTP intake.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace tidegate::http {

struct Request {
  std::string method;  // "GET"
  std::string target;  // path and query, undecoded
  std::string content_type;
  std::string authorization;
  std::string body;
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// Answers exactly once, from any thread, at once or later. Calling it after the server stopped does nothing.
using Respond = std::function<void(Response)>;

// Called on a server thread and must not block; an exception becomes 500.
using Handler = std::function<void(Request, Respond)>;

struct Options {
  std::string address = "0.0.0.0";
  std::uint16_t port = 0;                     // 0: any free one, see Server::port()
  int threads = 1;
  std::size_t max_body = 64 * 1024;           // bytes; beyond it the answer is 413
  std::size_t max_connections = 1024;         // beyond it new ones are closed at once
  Duration read_timeout{10'000};              // for one whole request, against slow senders
};

// Listens from construction until stop() or destruction; both wait for the server's own threads. Thread-safe.
class Server {
 public:
  // Fails with reason ListenFailed.
  static Result<std::unique_ptr<Server>> listen(const Options& options, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  // Accepts no more, lets answers under way finish for up to `grace`, then closes everything. Idempotent.
  void stop(Duration grace = Duration{0});

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::http
