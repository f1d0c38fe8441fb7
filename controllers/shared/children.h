// The layer that acts on children: applies the wanted ones, removes those no longer wanted. Never adopts.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "controllers/shared/kinds.h"

namespace tidegate::controllers {

// A wanted object: apiVersion, kind, metadata (name, namespace, labels) and only the fields we mean.
struct Child {
  kube::Resource kind;
  Json object;
};

// True when `live` holds everything that `wanted` holds: members by name, list items by their `name` where they have
// one and otherwise by place, quantities by value.
bool covers(const Json& live, const Json& wanted);

// True when resource version `a` is older than `b`: decimal numbers; anything else is never older.
bool older(const std::string& a, const std::string& b);

// Thread-safe. One API request at a time per call.
class Children {
 public:
  Children(kube::Api& api, const Caches& caches) : api_(api), caches_(caches) {}

  // Makes or corrects a child; no request when the newest state known is as wanted. Fails with NameTaken when an object
  // of that name is not controlled by `owner`.
  Result<void> apply(const Json& owner, const Child& child);

  // The newest state known, whether from the cache or from our own last write; null when there is none.
  kube::ObjectPtr find(const kube::Resource& kind, const std::string& ns, const std::string& name);

  // The objects of a kind with that label value that `owner` controls.
  std::vector<kube::ObjectPtr> owned(const Json& owner, const kube::Resource& kind, const std::string& label) const;

  // Deletes exactly the object given.
  Result<void> remove(const kube::Resource& kind, const Json& object);

 private:
  void remember(const kube::Resource& kind, const std::string& key, Json object);

  kube::Api& api_;
  const Caches& caches_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, kube::ObjectPtr> written_;  // until the cache has caught up
  // Intents (uid/hash) that the server does not keep as sent, because something alters them: sent only once.
  std::set<std::string> altered_;
};

}  // namespace tidegate::controllers
