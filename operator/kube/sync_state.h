// The order of lists and watches that keeps a copy of the server's objects true. A pure state machine: the reflector
// does what next() says and tells it what came of it.
//
//   listing page 1 … n ──last page──► watching from its version ──ended──► watching again from the last version seen
//        ▲                               │
//        └──── version or page too old ──┘      every failure is followed by a growing wait
//
// Lists ask for the latest state ("consistent"), not for whatever a server's cache holds: the copy never goes back in
// time, and such a list comes in pages, which bounds memory.
#pragma once

#include <string>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace tidegate::kube {

class SyncState {
 public:
  enum class Do { list, watch };
  struct Step {
    Do what;
    std::string from;  // list: the continuation ("" = first page); watch: the resourceVersion
    Duration wait;     // before it
  };

  // `jitter` in [0, 1] stretches the wait up to double.
  Step next(double jitter) const;

  void page_received(const std::string& continuation, const std::string& version);
  void list_failed(const Error& error, SteadyTime now);
  // An event or bookmark was handled.
  void event_handled(const std::string& version);
  // A watch that ends within a second without events counts as failed: a broken proxy must not cause a storm.
  void watch_ended(const Result<void>& result, Duration lasted, SteadyTime now);

 private:
  void failed(SteadyTime now);

  Do what_ = Do::list;
  std::string continuation_;
  std::string version_;
  int failures_ = 0;     // in a row; forgotten after two quiet minutes
  bool wait_ = false;    // the last step failed
  bool events_ = false;  // in the current watch
  SteadyTime failed_at_{};
};

}  // namespace tidegate::kube
