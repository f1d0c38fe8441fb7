// A small HTTP/1.1 client (Boost.Beast inside) for reading from our own pods.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace tidegate::http {

struct Target {
  std::string address;  // an IP address: no names are looked up
  std::uint16_t port = 0;
  std::string path;  // "/metrics"
};

// The bodies of 200 answers, in the order asked, read at the same time from all targets. Blocks for at most `timeout`.
// Fails one by one with Unreachable, Timeout, TooLarge (a body beyond `max_body` bytes) or UnexpectedStatus; redirects
// are not followed.
std::vector<Result<std::string>> get_all(const std::vector<Target>& targets, Duration timeout, std::size_t max_body);

}  // namespace tidegate::http
