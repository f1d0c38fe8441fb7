#include "operator/kube/cache.h"

namespace tidegate::kube {
namespace {

std::string key_of(const std::string& ns, const std::string& name) {
  return ns + "/" + name;
}

std::string key_of(const Json& object) {
  return key_of(object.at("metadata/namespace").as_string(), object.at("metadata/name").as_string());
}

const std::string& version_of(const Json& object) {
  return object.at("metadata/resourceVersion").as_string();
}

}  // namespace

ObjectPtr Store::get(const std::string& ns, const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(key_of(ns, name));
  return found == objects_.end() ? nullptr : found->second;
}

std::vector<ObjectPtr> Store::list(const std::string& ns, const std::string& key, const std::string& value) const {
  const std::lock_guard lock(mutex_);
  const std::string prefix = ns.empty() ? "" : ns + "/";
  std::vector<ObjectPtr> out;
  for (auto at = objects_.lower_bound(prefix); at != objects_.end() && at->first.starts_with(prefix); ++at) {
    const Json& label = at->second->at("metadata/labels").get(key);
    if (key.empty() || (label.is_string() && label.as_string() == value)) out.push_back(at->second);
  }
  return out;
}

std::string Store::last_version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

bool Store::synced() const {
  const std::lock_guard lock(mutex_);
  return synced_;
}

std::size_t Store::size() const {
  const std::lock_guard lock(mutex_);
  return objects_.size();
}

ObjectPtr Store::put(ObjectPtr object) {
  const std::lock_guard lock(mutex_);
  ObjectPtr& slot = objects_[key_of(*object)];
  return std::exchange(slot, std::move(object));
}

ObjectPtr Store::remove(const std::string& ns, const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto node = objects_.extract(key_of(ns, name));
  return node ? node.mapped() : nullptr;
}

std::vector<Change> Store::replace(std::vector<ObjectPtr> objects, const std::string& version) {
  std::map<std::string, ObjectPtr> next;
  for (ObjectPtr& object : objects) next.insert_or_assign(key_of(*object), std::move(object));
  std::vector<Change> changes;
  const std::lock_guard lock(mutex_);
  for (auto& [key, object] : next) {
    auto known = objects_.extract(key);
    if (!known) {
      changes.push_back({nullptr, object});
    } else if (version_of(*known.mapped()) != version_of(*object)) {
      changes.push_back({known.mapped(), object});
    } else {
      object = known.mapped();
    }
  }
  for (const auto& [key, gone] : objects_) changes.push_back({gone, nullptr});
  objects_ = std::move(next);
  version_ = version;
  synced_ = true;
  return changes;
}

void Store::set_version(const std::string& version) {
  const std::lock_guard lock(mutex_);
  version_ = version;
}

}  // namespace tidegate::kube
