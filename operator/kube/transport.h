// HTTP to one API server. The only door to the HTTP library, whose traps are dealt with here.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "operator/kube/config.h"

namespace tidegate::kube {

struct Request {
  std::string method = "GET";
  std::string path;                                        // percent-encoded, from "/"
  std::vector<std::pair<std::string, std::string>> query;  // plain text
  std::string body;
  std::string content_type = "application/json";
  // True when doing it twice does no harm: the request may then be sent once more after a pooled connection broke.
  bool repeatable = false;
  Duration deadline = std::chrono::seconds(10);  // send: whole exchange; stream: until the response's headers
};

struct Response {
  int status = 0;
  std::string body;
  std::vector<std::string> warnings;    // texts of Warning headers
  std::optional<Duration> retry_after;  // Retry-After, when in seconds
};

// Gets the body's bytes as they arrive; returning false ends the stream.
using OnChunk = std::function<bool(std::string_view)>;

// Thread-safe and blocking; must not be called from the HTTP library's own threads. Any answer of the server is a
// Response, whatever its status. Errors: Unreachable (also when a body ends early), Timeout, Canceled (stop was
// requested, within 0.2 s), TooLarge (a body above 64 MiB, or unread bytes of a stream above 32 MiB).
class Transport {
 public:
  virtual ~Transport() = default;

  virtual Result<Response> send(const Request& request, std::stop_token stop) = 0;
  // A body with status 200 goes to `on_chunk`; any other is in the Response. Timeout after `idle` without a byte.
  virtual Result<Response> stream(const Request& request, Duration idle, std::stop_token stop,
                                  const OnChunk& on_chunk) = 0;
};

// Over TLS (1.2 or newer) when the server's URL says https. Redirects are not followed, proxies not used. A refused
// token (401) is read again and the request sent once more.
// All transports share four library threads, started by the first; destroy all transports before main returns.
// The first also sets, when its config has a certificate authority, SSL_CERT_FILE and SSL_CERT_DIR to nothing (unless
// they are set): call it before other threads read the environment.
Result<std::unique_ptr<Transport>> make_transport(const ClusterConfig& config, const std::string& user_agent,
                                                  Clock clock = Clock::real());

}  // namespace tidegate::kube
