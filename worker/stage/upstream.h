// What the stages that write the input topic promise about the times of their rows.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "common/base/result.h"
#include "kafka/admin.h"
#include "worker/stage/settings.h"
#include "worker/stage/watermarks.h"

namespace tidegate::stage {

// Asks Kafka, in an order that makes the answer safe (Look). A partition that says it is idle is believed only while
// nothing lies unread in it. Promises nothing while some partition has none.
Result<Look> look_upstream(kafka::Admin& admin, const TimeSettings& settings, const std::string& input_topic);

// Looks again and again, on a thread of its own that ends with it. Thread-safe.
class Upstream {
 public:
  // `settings` must outlive it.
  explicit Upstream(const Settings& settings);

  // The newest look, once.
  std::optional<Look> take();
  // Why it has not been possible to look for a while; empty when it has.
  std::string problem() const;

 private:
  void run(const std::stop_token& stop);

  const Settings& settings_;
  mutable std::mutex mutex_;
  std::optional<Look> newest_;
  std::string problem_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace tidegate::stage
