#include "common/base/signals.h"

#include <pthread.h>

namespace tidegate {

Signals::Signals() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGTERM);
  sigaddset(&set_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  waiter_ = std::thread([this] {
    int signal = 0;
    sigwait(&set_, &signal);
    stop_.request_stop();
  });
}

Signals::~Signals() {
  pthread_kill(waiter_.native_handle(), SIGTERM);
  waiter_.join();
}

}  // namespace tidegate
