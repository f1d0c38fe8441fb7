// The token that clients of the HTTP intake show; it comes from a file, because secrets rotate.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace tidegate::sources {

// Thread-safe.
class BearerToken {
 public:
  // An empty path admits everybody. Fails with reason InvalidSettings when the file cannot be read or holds nothing.
  static Result<BearerToken> from_file(const std::string& path, Clock clock = Clock::real());
  BearerToken(BearerToken&& other) noexcept;

  // Whether the Authorization header is `Bearer <token>`; takes the same time wherever a wrong token differs. The file
  // is read again when the last look is ten seconds ago; as long as it is unreadable or empty the last token holds.
  bool admits(std::string_view authorization);

 private:
  BearerToken(std::string path, Clock clock) : path_(std::move(path)), clock_(std::move(clock)) {}
  bool read();

  std::string path_;
  Clock clock_;
  std::mutex mutex_;
  std::string digest_;
  SteadyTime looked_{};
};

}  // namespace tidegate::sources
