// What the reflectors have seen: objects by kind, namespace and name.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/json/json.h"
#include "operator/kube/api.h"

namespace tidegate::kube {

using ObjectPtr = std::shared_ptr<const Json>;  // immutable; stays valid after the object left the cache

// What happened to an object: before is null when it is new, after when it is gone. An object that was deleted and made
// anew with the same name may show as one change with two uids.
struct Change {
  ObjectPtr before;
  ObjectPtr after;
};

// Objects of one kind. Thread-safe; readers get snapshots.
class Store {
 public:
  ObjectPtr get(const std::string& ns, const std::string& name) const;
  // All of a namespace ("" = all namespaces) whose label `key` has that value ("" key = no filter).
  std::vector<ObjectPtr> list(const std::string& ns, const std::string& key = "", const std::string& value = "") const;
  // resourceVersion of the last event, bookmark or list seen.
  std::string last_version() const;
  bool synced() const;
  std::size_t size() const;

  // For the reflector only. put and remove return the object that was there before.
  ObjectPtr put(ObjectPtr object);
  ObjectPtr remove(const std::string& ns, const std::string& name);
  // Replaces everything in one step; returns what was added, changed or is gone.
  std::vector<Change> replace(std::vector<ObjectPtr> objects, const std::string& version);
  void set_version(const std::string& version);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, ObjectPtr> objects_;  // "namespace/name"
  std::string version_;
  bool synced_ = false;
};

}  // namespace tidegate::kube
