// Requests over connections that are kept, with libcurl.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace tidegate::sinks {

struct HttpRequest {
  std::string method;
  std::string url;                   // its path is sent as it stands here
  std::vector<std::string> headers;  // "Name: value"
  std::string_view body;             // not owned
  Duration timeout{0};
  std::size_t most_answer = 300;  // bytes of the answer's body that are wanted
};

struct HttpAnswer {
  int status = 0;
  Duration retry_after{0};  // 0: not said
  std::string body;         // its first bytes
};

// Certificates and host names are verified, redirects are not followed, proxies of the environment are not used.
// Not thread-safe.
class HttpClient {
 public:
  // `ca_file`: PEM of the authorities to trust instead of the system's; empty: the system's.
  explicit HttpClient(std::string ca_file);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any answer is a value. Fails with Timeout, or with Unreachable and libcurl's words.
  Result<HttpAnswer> send(const HttpRequest& request);

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

}  // namespace tidegate::sinks
