// Doubles of this folder's tests: a clock that stands still unless moved, and a network that does as it is told.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/json/json.h"
#include "operator/kube/sleep.h"
#include "operator/kube/transport.h"

namespace tidegate::kube::test {

struct FakeTime {
  SteadyTime now{std::chrono::hours(1)};
  std::vector<Duration> slept;

  Clock clock() {
    return {[this] { return WallTime(std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch())); },
            [this] { return now; }};
  }
  // Sleeping takes no time but the fake one.
  Sleep sleep() {
    return [this](Duration duration, const std::stop_token& stop) {
      slept.push_back(duration);
      now += duration;
      return !stop.stop_requested();
    };
  }
};

struct FakeTransport final : Transport {
  std::function<Result<Response>(const Request&)> on_send;
  std::function<Result<Response>(const Request&, const OnChunk&)> on_stream;
  std::vector<Request> requests;

  Result<Response> send(const Request& request, std::stop_token) override {
    requests.push_back(request);
    return on_send(request);
  }
  Result<Response> stream(const Request& request, Duration, std::stop_token, const OnChunk& on_chunk) override {
    requests.push_back(request);
    return on_stream(request, on_chunk);
  }
};

inline std::string query(const Request& request, const std::string& key) {
  for (const auto& [name, value] : request.query) {
    if (name == key) return value;
  }
  return "";
}

inline Response answer(int status, const std::string& body) {
  Response out;
  out.status = status;
  out.body = body;
  return out;
}

inline std::string status_body(int code, const std::string& reason, const std::string& message) {
  return Json::object({{"kind", "Status"}, {"code", code}, {"reason", reason}, {"message", message}}).dump();
}

}  // namespace tidegate::kube::test
