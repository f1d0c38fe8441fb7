// SIGTERM and SIGINT as a stop request.
#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace tidegate {

// Lives from before the first other thread, so that all inherit the blocked signals, until the end of main; one per
// process. Ignores SIGPIPE. The token is thread-safe.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

 private:
  sigset_t set_{};
  std::stop_source stop_;
  std::thread waiter_;
};

}  // namespace tidegate
