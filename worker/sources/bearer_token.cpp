#include "worker/sources/bearer_token.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>

#include "common/base/text.h"

namespace tidegate::sources {

namespace {

constexpr std::chrono::seconds look_again{10};

bool is_bearer(std::string_view scheme) {
  constexpr std::string_view bearer = "bearer ";
  return std::equal(scheme.begin(), scheme.end(), bearer.begin(), bearer.end(),
                    [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

// Digests have one length, so that nothing is told by where the comparison ends.
bool same_digest(std::string_view a, std::string_view b) {
  unsigned char different = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    different = static_cast<unsigned char>(different | (a[i] ^ b[i]));
  }
  return different == 0;
}

}  // namespace

BearerToken::BearerToken(BearerToken&& other) noexcept
    : path_(std::move(other.path_)),
      clock_(std::move(other.clock_)),
      digest_(std::move(other.digest_)),
      looked_(other.looked_) {}

Result<BearerToken> BearerToken::from_file(const std::string& path, Clock clock) {
  BearerToken token(path, std::move(clock));
  if (!path.empty() && !token.read()) {
    return Error{"InvalidSettings", cat("http.tokenFile: ", path, " cannot be read or is empty")};
  }
  return token;
}

bool BearerToken::admits(std::string_view authorization) {
  if (path_.empty()) return true;
  if (authorization.size() < 7 || !is_bearer(authorization.substr(0, 7))) return false;
  const std::string shown = sha256_hex(trim(authorization.substr(7)));
  const std::lock_guard lock(mutex_);
  if (clock_.steady() - looked_ >= look_again) read();
  return same_digest(shown, digest_);
}

bool BearerToken::read() {
  looked_ = clock_.steady();
  std::ifstream file(path_, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::string_view token = trim(text);
  if (token.empty()) return false;
  digest_ = sha256_hex(token);
  return true;
}

}  // namespace tidegate::sources
