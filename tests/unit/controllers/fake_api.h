// An API server in memory: objects by kind, uids, generations, finalizers, preconditions. What it stores shows at once
// in the stores that controllers read, unless told to lag behind. Every request is counted and can be made to fail.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "controllers/shared/kinds.h"

namespace tidegate::controllers {

class FakeApi final : public kube::Api {
 public:
  FakeApi();

  Caches caches() const;

  Result<Json> get(const kube::Resource& kind, const std::string& ns, const std::string& name) override;
  Result<Json> apply(const kube::Resource& kind, const Json& object, const std::string& manager) override;
  Result<Json> apply_status(const kube::Resource& kind, const Json& object, const std::string& manager) override;
  Result<Json> create(const kube::Resource& kind, const Json& object) override;
  Result<Json> replace(const kube::Resource& kind, const Json& object) override;
  Result<Json> json_patch(const kube::Resource& kind, const std::string& ns, const std::string& name,
                          const Json& patch) override;
  Result<void> remove(const kube::Resource& kind, const std::string& ns, const std::string& name,
                      const std::string& uid) override;

  // What a user, or another controller, does: never fails, never counted.
  Json put(const kube::Resource& kind, Json object);
  void edit(const kube::Resource& kind, const std::string& ns, const std::string& name,
            const std::function<void(Json&)>& change);
  // As kubectl delete does: waits for finalizers; takes what it owned along.
  void user_delete(const kube::Resource& kind, const std::string& ns, const std::string& name);
  // Null when there is none.
  Json find(const kube::Resource& kind, const std::string& ns, const std::string& name) const;
  std::vector<Json> all(const kube::Resource& kind) const;

  int requests = 0;
  std::vector<std::string> writes;  // "apply StatefulSet shop/x"
  std::vector<std::string> uidless_deletes;

  // Fails the request of that number (from 1): before it has an effect, or after.
  enum class Fault { none, before, after };
  int fail_at = 0;
  Fault fault = Fault::none;

  bool lagging = false;  // stores do not show what is written
  void catch_up();

 private:
  using Key = std::pair<std::string, std::string>;  // plural, "ns/name"

  bool fails(Fault when) const { return requests == fail_at && fault == when; }
  Json store(const kube::Resource& kind, Json object, bool spec_changed);
  void drop(const Key& key);
  void show(const Key& key);
  static Error crash() { return {"Unreachable", "the connection broke"}; }

  std::map<Key, Json> objects_;
  std::map<std::string, kube::Resource> kinds_;
  mutable std::map<std::string, kube::Store> stores_;
  std::set<Key> unseen_;
  int version_ = 100;
  int uids_ = 0;
};

}  // namespace tidegate::controllers
