// Where objects are put: names and bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace tidegate::objects {

// One thread calls it. open() before the first use and after a failure: secrets are read again then.
//
// Errors: reason Waiting with what is waited for and the remedy ("S3: NoSuchBucket: …", at most 300 bytes, no secrets).
// Nothing is retried here, and no call blocks for longer than its timeout, which is at most ten seconds.
class Store {
 public:
  virtual ~Store() = default;

  virtual Result<void> open() = 0;
  // Names in a folder ("a/b/") without it, ascending, from the first one behind `after`; so many as the store gives at
  // once. None: there are no more.
  virtual Result<std::vector<std::string>> list(const std::string& folder, const std::string& after,
                                                Duration timeout) = 0;
  // Durable, and seen by every later list(), when it returns. An object of that name is replaced; nobody ever sees a
  // part of one.
  virtual Result<void> put(const std::string& path, std::string_view bytes, Duration timeout) = 0;
};

}  // namespace tidegate::objects
