// Credentials that change while we run: token and certificate files are read again, so that rotation needs no restart.
#pragma once

#include <mutex>
#include <string>

#include "common/base/clock.h"
#include "operator/kube/config.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace tidegate::kube {

// The current text of a Material. A file is read again once it is older than max_age; when that fails or yields
// nothing, the last good text stays and the failure is logged (never the text). Thread-safe.
class Secret {
 public:
  Secret(Material material, Duration max_age, Clock clock);

  // Without surrounding blanks; "" when there has never been any.
  std::string current();
  // Forgets what was read before that moment (the server refused it).
  void discard(SteadyTime read_before);

 private:
  const Material material_;
  const Duration max_age_;
  const Clock clock_;
  std::mutex mutex_;
  std::string text_;
  SteadyTime read_at_{};
  bool fresh_ = false;
};

// What a connection proves and demands. Thread-safe.
class TlsIdentity {
 public:
  TlsIdentity(const ClusterConfig& config, const Clock& clock);

  // Fails when certificates or key are missing or not PEM, or do not match.
  Result<void> check();
  // Sets up one connection: TLS 1.2 or newer; trusts the configured authority *only* (libraries tend to add it to the
  // system's); on any failure the connection trusts nothing. Never throws.
  void configure(ssl_ctx_st* context) noexcept;

 private:
  Result<void> apply(ssl_ctx_st* context);

  Secret ca_;
  Secret certificate_;
  Secret key_;
  const bool private_ca_;
};

}  // namespace tidegate::kube
