#include "common/http/server.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/http/session.h"

namespace tidegate::http {

namespace net = boost::asio;
using net::ip::tcp;

namespace {

constexpr std::chrono::milliseconds accept_retry{100};
// Closing needs no peer, so this is only a net against our own mistakes.
constexpr std::chrono::seconds close_limit{5};

}  // namespace

struct Server::Impl {
  std::shared_ptr<Shared> shared = std::make_shared<Shared>();
  net::io_context io;
  // A connection that waits for its answer has nothing under way that would keep the threads running.
  net::executor_work_guard<net::io_context::executor_type> work{io.get_executor()};
  tcp::acceptor acceptor{net::make_strand(io)};
  net::steady_timer retry{acceptor.get_executor()};
  std::vector<std::thread> threads;
  std::uint16_t port = 0;
  std::mutex stopping;

  Result<void> open(const Options& options, Handler handler);
  void accept();
  void add(tcp::socket socket);
  void run();
  void stop(Duration grace);
};

Result<void> Server::Impl::open(const Options& options, Handler handler) {
  shared->options = options;
  shared->handler = std::move(handler);
  boost::system::error_code code;
  const auto failed = [&](const char* what) {
    return Error{"ListenFailed", cat("cannot listen on ", options.address, ":", std::to_string(options.port), ": ",
                                     what, ": ", code.message())};
  };
  const net::ip::address address = net::ip::make_address(options.address, code);
  if (code) return failed("address");
  const tcp::endpoint endpoint(address, options.port);
  if (acceptor.open(endpoint.protocol(), code)) return failed("socket");
  if (acceptor.set_option(net::socket_base::reuse_address(true), code)) return failed("reuse");
  if (acceptor.bind(endpoint, code)) return failed("bind");
  if (acceptor.listen(net::socket_base::max_listen_connections, code)) return failed("listen");
  port = acceptor.local_endpoint(code).port();
  if (code) return failed("port");
  net::post(acceptor.get_executor(), [this] { accept(); });
  try {
    for (int i = 0; i < std::max(1, options.threads); ++i) threads.emplace_back([this] { run(); });
  } catch (const std::system_error& error) {
    stop(Duration{0});
    return Error{"ListenFailed", cat("cannot start a server thread: ", error.what())};
  }
  return {};
}

void Server::Impl::accept() {
  acceptor.async_accept(net::make_strand(io), [this](boost::system::error_code code, tcp::socket socket) {
    if (code == net::error::operation_aborted || !acceptor.is_open()) return;
    if (!code) {
      try {
        add(std::move(socket));
      } catch (const std::exception& error) {
        log::error("HTTP connection dropped", {{"error", error.what()}});
      }
      return accept();
    }
    // No file descriptors left, say: asking again at once would spin.
    retry.expires_after(accept_retry);
    retry.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled && acceptor.is_open()) accept();
    });
  });
}

void Server::Impl::add(tcp::socket socket) {
  const std::lock_guard lock(shared->mutex);
  if (shared->draining || shared->sessions.size() >= shared->options.max_connections) return;
  const auto session = std::make_shared<Session>(std::move(socket), shared);
  shared->sessions.insert(session);
  session->start();
}

void Server::Impl::run() {
  for (;;) {
    try {
      io.run();
      return;
    } catch (const std::exception& error) {  // out of memory, say: the connection suffers, not the process
      log::error("HTTP server error", {{"error", error.what()}});
    }
  }
}

void Server::Impl::stop(Duration grace) {
  const std::lock_guard once(stopping);
  if (!shared->open) return;
  net::post(acceptor.get_executor(), [this] {
    boost::system::error_code ignored;
    acceptor.close(ignored);
    retry.cancel();
  });
  {
    std::unique_lock lock(shared->mutex);
    const auto none = [this] { return shared->sessions.empty(); };
    shared->draining = true;
    for (const auto& session : shared->sessions) session->drain();
    if (!shared->changed.wait_for(lock, grace, none)) {
      for (const auto& session : shared->sessions) session->close();
      if (!threads.empty()) shared->changed.wait_for(lock, close_limit, none);
    }
  }
  io.stop();
  for (std::thread& thread : threads) thread.join();
  std::set<std::shared_ptr<Session>> left;  // destroyed outside the lock: a session's handler may own a Ticket
  {
    const std::lock_guard lock(shared->mutex);
    shared->open = false;
    left.swap(shared->sessions);
  }
  left.clear();
  // Late answers keep Shared alive; what the handler captured must not outlive the server.
  shared->handler = nullptr;
  shared->options.admit = nullptr;
  shared->options.answered = nullptr;
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  stop();
}

Result<std::unique_ptr<Server>> Server::listen(const Options& options, Handler handler) {
  auto impl = std::make_unique<Impl>();
  if (auto opened = impl->open(options, std::move(handler)); !opened) return std::move(opened).error();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const {
  return impl_->port;
}

std::size_t Server::bytes_in_flight() const {
  return impl_->shared->bytes_in_flight;
}

void Server::stop(Duration grace) {
  impl_->stop(grace);
}

}  // namespace tidegate::http
