#include <doctest/doctest.h>

#include "operator/kube/cache.h"

using namespace tidegate;
using namespace tidegate::kube;

namespace {

ObjectPtr object(const std::string& ns, const std::string& name, const std::string& version,
                 const std::string& app = "") {
  Json out =
      Json::object({{"metadata", Json::object({{"namespace", ns}, {"name", name}, {"resourceVersion", version}})}});
  if (!app.empty()) out["metadata"]["labels"]["app.kubernetes.io/name"] = app;
  return std::make_shared<const Json>(out);
}

}  // namespace

TEST_CASE("store: replace reports what was added - changed or is gone") {
  Store store;
  CHECK_FALSE(store.synced());
  CHECK(store.replace({object("a", "x", "1"), object("a", "y", "2")}, "5").size() == 2);
  CHECK(store.synced());
  CHECK(store.last_version() == "5");
  const ObjectPtr x = store.get("a", "x");
  const auto changes = store.replace({object("a", "x", "1"), object("a", "y", "7"), object("a", "z", "8")}, "9");
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].before->at("metadata/resourceVersion").as_string() == "2");
  CHECK(changes[0].after->at("metadata/resourceVersion").as_string() == "7");
  CHECK_FALSE(changes[1].before);
  CHECK(store.get("a", "x") == x);  // the same snapshot
  const auto gone = store.replace({}, "10");
  CHECK(gone.size() == 3);
  CHECK_FALSE(gone[0].after);
  CHECK(store.size() == 0);
  CHECK(x->at("metadata/name").as_string() == "x");
}

TEST_CASE("store: lists by namespace and label") {
  Store store;
  store.put(object("a", "x", "1", "kafka"));
  store.put(object("a", "y", "1", "worker"));
  store.put(object("ab", "x", "1", "kafka"));
  store.put(object("", "node", "1"));
  CHECK(store.list("a").size() == 2);
  CHECK(store.list("").size() == 4);
  CHECK(store.list("a", "app.kubernetes.io/name", "kafka").size() == 1);
  CHECK(store.list("", "app.kubernetes.io/name", "kafka").size() == 2);
  CHECK(store.list("b").empty());
  CHECK(store.get("", "node"));
}

TEST_CASE("store: put and remove return what was there") {
  Store store;
  CHECK_FALSE(store.put(object("a", "x", "1")));
  CHECK(store.put(object("a", "x", "2"))->at("metadata/resourceVersion").as_string() == "1");
  CHECK(store.remove("a", "x")->at("metadata/resourceVersion").as_string() == "2");
  CHECK_FALSE(store.remove("a", "x"));
}
