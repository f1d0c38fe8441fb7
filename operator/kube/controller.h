// The reconcile loop: keys come in from watches, timers and observers, each is handled by one thread at a time.
#pragma once

#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace tidegate::kube {

struct Key {
  std::string ns;
  std::string name;
  friend auto operator<=>(const Key&, const Key&) = default;
};

// Decides and acts for one kind. reconcile() is never called twice at once for the same key; it must be idempotent and
// read all it needs. Success may ask to be called again after a time; an error is retried with growing delays
// (5 ms doubling, at most 60 s).
class Reconciler {
 public:
  virtual ~Reconciler() = default;
  virtual Result<std::optional<Duration>> reconcile(const Key& key) = 0;
};

// Puts keys into a controller's queue from any thread.
class Enqueuer {
 public:
  virtual ~Enqueuer() = default;
  virtual void enqueue(const Key& key) = 0;
};

}  // namespace tidegate::kube
