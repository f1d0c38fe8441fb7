// POSTs over one connection that is kept, with libcurl.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace tidegate::sinks {

struct HttpAnswer {
  int status = 0;
  Duration retry_after{0};  // 0: not said
  std::string body;         // its first 300 bytes
};

// Certificates and host names are verified, redirects are not followed, proxies of the environment are not used.
// Not thread-safe.
class HttpClient {
 public:
  // `ca_file`: PEM of the authorities to trust instead of the system's; empty: the system's.
  HttpClient(std::string url, std::string ca_file);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any answer is a value. Fails with Timeout, or with Unreachable and libcurl's words. `headers`: "Name: value".
  Result<HttpAnswer> post(const std::vector<std::string>& headers, const std::string& body, Duration timeout);

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

}  // namespace tidegate::sinks
