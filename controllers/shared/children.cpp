#include "controllers/shared/children.h"

#include <algorithm>

#include "common/base/log.h"
#include "common/base/text.h"
#include "controllers/shared/quantity.h"

namespace tidegate::controllers {
namespace {

// Says which intent an object was last applied with: without it a field that is no longer meant would stay for ever.
constexpr char hash_annotation[] = "tidegate.io/applied";

std::string object_key(const Json& object) {
  return cat(object.at("metadata/namespace").as_string(), "/", object.at("metadata/name").as_string());
}

Json owner_reference(const Json& owner) {
  return Json::object({{"apiVersion", owner.at("apiVersion")},
                       {"kind", owner.at("kind")},
                       {"name", owner.at("metadata/name")},
                       {"uid", owner.at("metadata/uid")},
                       {"controller", true},
                       {"blockOwnerDeletion", true}});
}

bool controlled_by(const Json& object, const Json& owner) {
  const auto& references = object.at("metadata/ownerReferences").items();
  return std::any_of(references.begin(), references.end(), [&](const Json& reference) {
    return reference.at("controller").as_bool() && reference.at("uid") == owner.at("metadata/uid");
  });
}

const Json* same_item(const Json::Array& live, const Json& wanted, std::size_t place) {
  if (wanted.has("name")) {
    for (const Json& item : live) {
      if (item.at("name") == wanted.at("name")) return &item;
    }
    return nullptr;
  }
  return place < live.size() ? &live[place] : nullptr;
}

bool covers_list(const Json::Array& live, const Json::Array& wanted) {
  if (wanted.empty() ? !live.empty() : (!wanted.front().is_object() && live.size() != wanted.size())) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Json* item = same_item(live, wanted[i], i);
    if (!item || !covers(*item, wanted[i])) return false;
  }
  return true;
}

Error name_taken(const Child& child) {
  return {"NameTaken", cat(child.kind.kind, " ", child.object.at("metadata/name").as_string(),
                           " exists and is not ours; delete or rename it")};
}

}  // namespace

bool covers(const Json& live, const Json& wanted) {
  if (wanted.is_object()) {
    return std::all_of(wanted.members().begin(), wanted.members().end(), [&](const auto& member) {
      if (member.second.is_object() && member.second.members().empty()) return true;  // servers drop empty objects
      return covers(live.get(member.first), member.second);
    });
  }
  if (wanted.is_array()) return covers_list(live.items(), wanted.items());
  if (live == wanted) return true;
  const auto a = quantity_value(live), b = quantity_value(wanted);
  return a && b && *a == *b;
}

bool older(const std::string& a, const std::string& b) {
  const auto number = [](const std::string& text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!number(a) || !number(b)) return false;
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

kube::ObjectPtr Children::find(const kube::Resource& kind, const std::string& ns, const std::string& name) {
  const kube::ObjectPtr cached = caches_.of(kind).get(ns, name);
  const std::lock_guard lock(mutex_);
  const auto written = written_.find({kind.plural, cat(ns, "/", name)});
  if (written == written_.end()) return cached;
  if (cached && older(cached->at("metadata/resourceVersion").as_string(),
                      written->second->at("metadata/resourceVersion").as_string())) {
    return written->second;
  }
  // Gone from the cache may mean deleted as well as not seen yet: only the server knows.
  written_.erase(written);
  return cached;
}

void Children::remember(const kube::Resource& kind, const std::string& key, Json object) {
  const std::lock_guard lock(mutex_);
  written_[{kind.plural, key}] = std::make_shared<const Json>(std::move(object));
}

Result<void> Children::apply(const Json& owner, const Child& child) {
  Json wanted = child.object;
  wanted["metadata"]["ownerReferences"] = Json::array({owner_reference(owner)});
  const std::string hash = sha256_hex(wanted.dump()).substr(0, 16);
  wanted["metadata"]["annotations"][hash_annotation] = hash;
  const std::string ns = wanted.at("metadata/namespace").as_string();
  const std::string name = wanted.at("metadata/name").as_string();
  const std::string attempted = cat("apply ", child.kind.kind, " ", name);

  kube::ObjectPtr live = find(child.kind, ns, name);
  if (!live) {
    auto found = api_.get(child.kind, ns, name);
    if (found)
      live = std::make_shared<const Json>(std::move(*found));
    else if (found.error().reason != "NotFound")
      return std::move(found).error().context(attempted);
  }
  if (live) {
    if (!controlled_by(*live, owner)) return name_taken(child);
    if (live->has("metadata/deletionTimestamp"))
      return Error{"Deleting", attempted + ": the old one is still being deleted"};
    if (live->at("metadata/annotations").get(hash_annotation).as_string() == hash) {
      if (covers(*live, wanted)) return {};
      const std::lock_guard lock(mutex_);
      if (altered_.count(cat(live->at("metadata/uid").as_string(), "/", hash))) return {};
    }
    wanted["metadata"]["uid"] = live->at("metadata/uid");
  }

  auto applied = api_.apply(child.kind, wanted, kFieldManager);
  if (!applied) return std::move(applied).error().context(attempted);
  log::info("applied", {{"kind", child.kind.kind}, {"namespace", ns}, {"name", name}});
  if (!covers(*applied, wanted)) {
    log::warn("something alters what we apply; it is left as it is",
              {{"kind", child.kind.kind}, {"namespace", ns}, {"name", name}});
    const std::lock_guard lock(mutex_);
    if (altered_.size() > 1000) altered_.clear();
    altered_.insert(cat(applied->at("metadata/uid").as_string(), "/", hash));
  }
  remember(child.kind, object_key(wanted), std::move(*applied));
  return {};
}

std::vector<kube::ObjectPtr> Children::owned(const Json& owner, const kube::Resource& kind,
                                             const std::string& label) const {
  std::vector<kube::ObjectPtr> out;
  for (auto& object : caches_.of(kind).list(owner.at("metadata/namespace").as_string(), label,
                                            owner.at("metadata/name").as_string())) {
    if (controlled_by(*object, owner)) out.push_back(std::move(object));
  }
  return out;
}

Result<void> Children::remove(const kube::Resource& kind, const Json& object) {
  if (object.has("metadata/deletionTimestamp")) return {};
  const std::string& name = object.at("metadata/name").as_string();
  auto done =
      api_.remove(kind, object.at("metadata/namespace").as_string(), name, object.at("metadata/uid").as_string());
  if (!done) return std::move(done).error().context(cat("delete ", kind.kind, " ", name));
  log::info("deleted",
            {{"kind", kind.kind}, {"namespace", object.at("metadata/namespace").as_string()}, {"name", name}});
  return {};
}

}  // namespace tidegate::controllers
