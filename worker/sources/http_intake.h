// Takes records over HTTP and answers when Kafka has them (docs/connectors.md, "HTTP intake").
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/metrics/metrics.h"
#include "kafka/config.h"
#include "worker/codec/schema.h"

namespace tidegate::sources {

struct IntakeOptions {
  std::string address = "0.0.0.0";
  std::uint16_t port = 8080;  // 0: any free one
  std::string token_file;     // empty: no authentication
  std::string topic;
  codec::Schema schema;
  std::vector<std::string> key;
  kafka::ClientConfig kafka;
  metrics::Labels labels;  // namespace, pipeline, stage
  std::size_t max_body = 8 * 1024 * 1024;
  std::size_t max_in_flight = 32 * 1024 * 1024;  // bytes of bodies not answered; beyond it 429
  Duration patience{5'000};                      // for room in the producer's queue and for acknowledgements; then 503
};

// Listens from start() to stop(). One thread checks and produces, in the order in which requests came in, so one client
// that waits for its answers keeps its order. Thread-safe.
class HttpIntake {
 public:
  // Fails with reason InvalidSettings, InvalidKey or ListenFailed; a Kafka that is away is no failure. `registry` must
  // outlive the intake.
  static Result<std::unique_ptr<HttpIntake>> start(const IntakeOptions& options, metrics::Registry& registry);
  ~HttpIntake();
  HttpIntake(const HttpIntake&) = delete;
  HttpIntake& operator=(const HttpIntake&) = delete;

  std::uint16_t port() const;
  // Why requests get 503 now; empty when records flow. For readiness.
  std::string problem() const;
  // Accepts no more and answers what is under way, for up to `grace`. Idempotent.
  void stop(Duration grace);

 private:
  struct Impl;
  explicit HttpIntake(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::sources
