// The Kubernetes API as the controllers use it: one request per call. The real one is operator/kube/client.h;
// tests put a double behind this interface that can fail or stop at every request.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/json/json.h"

namespace tidegate::kube {

// A kind of object and where it is served.
struct Resource {
  std::string group;    // "" for core
  std::string version;  // "v1"
  std::string plural;   // "pods"
  std::string kind;     // "Pod"

  std::string api_version() const { return group.empty() ? version : group + "/" + version; }
};

// Blocking, thread-safe, each call bounded by a deadline of its own (10 s).
// Errors carry the API server's `reason` (NotFound, Conflict, AlreadyExists, Forbidden, Invalid, Gone, …) and message;
// without an answer: Unreachable, Timeout or Canceled. Requests are never repeated silently, except those that
// cannot do harm twice (GET, server-side apply) once on a broken pooled connection.
class Api {
 public:
  virtual ~Api() = default;

  virtual Result<Json> get(const Resource&, const std::string& ns, const std::string& name) = 0;
  // Server-side apply with force; `object` holds apiVersion, kind, metadata.name, metadata.namespace and only our
  // fields. With metadata.uid nothing foreign is touched: it fails with Conflict when there is no such object, with
  // Invalid when there is one with another uid.
  virtual Result<Json> apply(const Resource&, const Json& object, const std::string& field_manager) = 0;
  virtual Result<Json> apply_status(const Resource&, const Json& object, const std::string& field_manager) = 0;
  virtual Result<Json> create(const Resource&, const Json& object) = 0;
  // Replaces the whole object; needs metadata.resourceVersion. Conflict when it changed meanwhile.
  virtual Result<Json> replace(const Resource&, const Json& object) = 0;
  // RFC 6902.
  virtual Result<Json> json_patch(const Resource&, const std::string& ns, const std::string& name,
                                  const Json& patch) = 0;
  // Background propagation; the object must still have that uid, else Conflict. NotFound is success.
  virtual Result<void> remove(const Resource&, const std::string& ns, const std::string& name,
                              const std::string& uid) = 0;
};

}  // namespace tidegate::kube
