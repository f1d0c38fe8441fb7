// Servers for the tests, and waiting with a deadline.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client.h"
#include "common/http/server.h"

namespace tidegate::http_test {

inline std::unique_ptr<http::Server> serve(http::Handler handler, http::Options options = {}) {
  options.address = "127.0.0.1";
  auto server = http::Server::listen(options, std::move(handler));
  REQUIRE(server.ok());
  return std::move(server).value();
}

inline http::Response ok(std::string body) {
  http::Response response;
  response.body = std::move(body);
  return response;
}

// Answers with method, target and body.
inline void echo(http::Request request, http::Respond respond) {
  respond(ok(request.method + " " + request.target + " " + request.body));
}

// Keeps answers back until the test gives them.
class Held {
 public:
  http::Handler handler() {
    return [this](http::Request, http::Respond respond) {
      const std::lock_guard lock(mutex_);
      held_.push_back(std::move(respond));
      changed_.notify_all();
    };
  }
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return held_.size() >= count; });
  }
  std::vector<http::Respond> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(held_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<http::Respond> held_;
};

template <typename Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace tidegate::http_test
