#include "tests/unit/controllers/fake_api.h"

#include <algorithm>

#include "common/base/text.h"

namespace tidegate::controllers {
namespace {

std::string place(const Json& object) {
  return cat(object.at("metadata/namespace").as_string(), "/", object.at("metadata/name").as_string());
}

// Ours replace members and whole lists: enough of server-side apply for objects that only we write.
void merge(Json& live, const Json& wanted) {
  for (const auto& [name, value] : wanted.members()) {
    if (value.is_object() && live.get(name).is_object())
      merge(live[name], value);
    else
      live[name] = value;
  }
}

}  // namespace

FakeApi::FakeApi() {
  for (const auto* kind :
       {&kinds::pipelines, &kinds::kafka_clusters, &kinds::stateful_sets, &kinds::deployments, &kinds::services,
        &kinds::config_maps, &kinds::disruption_budgets, &kinds::pods, &kinds::secrets, &kinds::volume_claims}) {
    kinds_[kind->plural] = *kind;
    stores_[kind->plural];
  }
}

Caches FakeApi::caches() const {
  std::map<std::string, const kube::Store*> out;
  for (const auto& [plural, store] : stores_) out[plural] = &store;
  return Caches(out);
}

void FakeApi::show(const Key& key) {
  if (lagging) {
    unseen_.insert(key);
    return;
  }
  const auto found = objects_.find(key);
  if (found != objects_.end()) {
    stores_[key.first].put(std::make_shared<const Json>(found->second));
  } else {
    const auto parts = split(key.second, '/');
    stores_[key.first].remove(parts[0], parts[1]);
  }
}

void FakeApi::catch_up() {
  lagging = false;
  for (const Key& key : unseen_) show(key);
  unseen_.clear();
}

Json FakeApi::store(const kube::Resource& kind, Json object, bool spec_changed) {
  const Key key{kind.plural, place(object)};
  object["apiVersion"] = kind.api_version();
  object["kind"] = kind.kind;
  if (!object.has("metadata/uid")) {
    object["metadata"]["uid"] = cat("uid-", std::to_string(++uids_));
    object["metadata"]["creationTimestamp"] =
        cat("2026-01-01T00:00:", uids_ < 10 ? "0" : "", std::to_string(uids_), "Z");
  }
  const auto old = objects_.find(key);
  if (old != objects_.end()) {
    Json same = object;
    same["metadata"]["resourceVersion"] = old->second.at("metadata/resourceVersion");
    same["metadata"]["generation"] = old->second.at("metadata/generation");
    if (same == old->second) return old->second;
  }
  const std::int64_t generation = old == objects_.end() ? 0 : old->second.at("metadata/generation").as_int();
  object["metadata"]["generation"] = generation + (spec_changed ? 1 : 0);
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  objects_[key] = object;
  if (object.has("metadata/deletionTimestamp") && object.at("metadata/finalizers").items().empty()) drop(key);
  show(key);
  return object;
}

void FakeApi::drop(const Key& key) {
  const Json gone = objects_[key];
  objects_.erase(key);
  std::vector<Key> owned;
  for (const auto& [other, object] : objects_) {
    for (const Json& owner : object.at("metadata/ownerReferences").items()) {
      if (owner.at("uid") == gone.at("metadata/uid")) owned.push_back(other);
    }
  }
  for (const Key& child : owned) {
    const auto parts = split(child.second, '/');
    user_delete(kinds_[child.first], parts[0], parts[1]);
  }
}

Result<Json> FakeApi::get(const kube::Resource& kind, const std::string& ns, const std::string& name) {
  ++requests;
  if (fails(Fault::before) || fails(Fault::after)) return crash();
  Json found = find(kind, ns, name);
  if (found.is_null()) return Error{"NotFound", cat(kind.kind, " ", name, " not found")};
  return found;
}

Result<Json> FakeApi::apply(const kube::Resource& kind, const Json& object, const std::string&) {
  ++requests;
  if (fails(Fault::before)) return crash();
  writes.push_back(cat("apply ", kind.kind, " ", place(object)));
  Json live = find(kind, object.at("metadata/namespace").as_string(), object.at("metadata/name").as_string());
  if (object.has("metadata/uid") && live.at("metadata/uid") != object.at("metadata/uid"))
    return Error{"Conflict", "uid differs"};
  const Json before = live;
  if (live.is_null())
    live = object;
  else
    merge(live, object);
  Json stored = store(kind, live, before.at("spec") != live.at("spec"));
  if (fails(Fault::after)) return crash();
  return stored;
}

Result<Json> FakeApi::apply_status(const kube::Resource& kind, const Json& object, const std::string&) {
  ++requests;
  if (fails(Fault::before)) return crash();
  writes.push_back(cat("status ", kind.kind, " ", place(object)));
  Json live = find(kind, object.at("metadata/namespace").as_string(), object.at("metadata/name").as_string());
  if (live.is_null()) return Error{"NotFound", "gone"};
  if (live.at("metadata/uid") != object.at("metadata/uid")) return Error{"Conflict", "uid differs"};
  live["status"] = object.at("status");
  Json stored = store(kind, live, false);
  if (fails(Fault::after)) return crash();
  return stored;
}

Result<Json> FakeApi::create(const kube::Resource&, const Json&) {
  return Error{"Unsupported", "not used"};
}
Result<Json> FakeApi::replace(const kube::Resource&, const Json&) {
  return Error{"Unsupported", "not used"};
}

Result<Json> FakeApi::json_patch(const kube::Resource& kind, const std::string& ns, const std::string& name,
                                 const Json& patch) {
  ++requests;
  if (fails(Fault::before)) return crash();
  Json live = find(kind, ns, name);
  if (live.is_null()) return Error{"NotFound", "gone"};
  writes.push_back(cat("patch ", kind.kind, " ", ns, "/", name));
  for (const Json& step : patch.items()) {
    const std::string path = step.at("path").as_string().substr(1);
    if (step.at("op").as_string() == "test") {
      if (live.at(path) != step.at("value")) return Error{"Invalid", "test failed"};
    } else if (path == "metadata/finalizers") {
      live["metadata"]["finalizers"] = step.at("value");
    } else {
      return Error{"Unsupported", path};
    }
  }
  Json stored = store(kind, live, false);
  if (fails(Fault::after)) return crash();
  return stored;
}

Result<void> FakeApi::remove(const kube::Resource& kind, const std::string& ns, const std::string& name,
                             const std::string& uid) {
  ++requests;
  if (fails(Fault::before)) return crash();
  writes.push_back(cat("delete ", kind.kind, " ", ns, "/", name));
  if (uid.empty()) uidless_deletes.push_back(name);
  const Json live = find(kind, ns, name);
  if (live.is_null()) return {};
  if (live.at("metadata/uid").as_string() != uid) return Error{"Conflict", "uid differs"};
  user_delete(kind, ns, name);
  if (fails(Fault::after)) return crash();
  return {};
}

Json FakeApi::put(const kube::Resource& kind, Json object) {
  const Json before = find(kind, object.at("metadata/namespace").as_string(), object.at("metadata/name").as_string());
  return store(kind, std::move(object), before.at("spec") != object.at("spec") || before.is_null());
}

void FakeApi::edit(const kube::Resource& kind, const std::string& ns, const std::string& name,
                   const std::function<void(Json&)>& change) {
  Json object = find(kind, ns, name);
  const Json spec = object.at("spec");
  change(object);
  const bool changed = spec != object.at("spec");
  store(kind, std::move(object), changed);
}

void FakeApi::user_delete(const kube::Resource& kind, const std::string& ns, const std::string& name) {
  Json object = find(kind, ns, name);
  if (object.is_null()) return;
  object["metadata"]["deletionTimestamp"] = "2026-01-02T00:00:00Z";
  store(kind, std::move(object), false);
}

Json FakeApi::find(const kube::Resource& kind, const std::string& ns, const std::string& name) const {
  const auto found = objects_.find({kind.plural, cat(ns, "/", name)});
  return found == objects_.end() ? Json() : found->second;
}

std::vector<Json> FakeApi::all(const kube::Resource& kind) const {
  std::vector<Json> out;
  for (const auto& [key, object] : objects_) {
    if (key.first == kind.plural) out.push_back(object);
  }
  return out;
}

}  // namespace tidegate::controllers
