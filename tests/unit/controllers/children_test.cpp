#include "controllers/shared/children.h"

#include <doctest/doctest.h>

#include "controllers/shared/quantity.h"
#include "tests/unit/controllers/fake_api.h"
#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::controllers;
using crds::json;

namespace {

Json owner(const std::string& uid = "u1") {
  return json(
      R"({"apiVersion": "tidegate.io/v1alpha1", "kind": "Pipeline", "metadata": {"name": "p", "namespace": "shop", "uid": ")" +
      uid + R"("}})");
}

Child service(const std::string& text) {
  Json object = json(R"({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "shop"}})");
  object["spec"] = json(text);
  return {kinds::services, object};
}

}  // namespace

TEST_CASE("what a server adds does not count as a difference what it changes does") {
  CHECK(covers(json(R"({"a": 1, "b": {"c": 2, "d": 3}})"), json(R"({"b": {"c": 2}})")));
  CHECK_FALSE(covers(json(R"({"a": 1})"), json(R"({"a": 2})")));
  CHECK_FALSE(covers(json(R"({})"), json(R"({"a": 2})")));
  CHECK(covers(json(R"({"cpu": "500m"})"), json(R"({"cpu": "0.5"})")));
  CHECK(covers(json(R"([{"name": "b", "x": 1}, {"name": "a", "x": 2}])"), json(R"([{"name": "a", "x": 2}])")));
  CHECK_FALSE(covers(json(R"([{"name": "a", "x": 2}])"), json(R"([{"name": "a", "x": 2}, {"name": "b"}])")));
  CHECK_FALSE(covers(json(R"(["a", "b"])"), json(R"(["a"])")));
  CHECK(covers(json("{}"), json(R"({"emptyDir": {}})")));
}

TEST_CASE("quantities are compared by value") {
  CHECK(quantity_value(Json("100m")) == doctest::Approx(0.1));
  CHECK(quantity_value(Json("1Gi")) == doctest::Approx(1073741824.0));
  CHECK(quantity_value(Json(2)) == doctest::Approx(2.0));
  CHECK_FALSE(quantity_value(Json("soon")));
  CHECK_FALSE(quantity_value(Json("")));
}

TEST_CASE("resource versions compare as numbers anything else not at all") {
  CHECK(older("99", "100"));
  CHECK_FALSE(older("100", "99"));
  CHECK_FALSE(older("100", "100"));
  CHECK_FALSE(older("x", "100"));
  CHECK_FALSE(older("", "1"));
}

TEST_CASE("creating is one look and one write and then nothing") {
  FakeApi api;
  const Caches caches = api.caches();
  Children children(api, caches);
  REQUIRE(children.apply(owner(), service(R"({"x": 1})")).ok());
  CHECK(api.requests == 2);
  REQUIRE(children.apply(owner(), service(R"({"x": 1})")).ok());
  CHECK(api.requests == 2);
  REQUIRE(children.apply(owner(), service(R"({"x": 2})")).ok());
  CHECK(api.requests == 3);
}

TEST_CASE("a field that is no longer meant is applied away") {
  FakeApi api;
  const Caches caches = api.caches();
  Children children(api, caches);
  REQUIRE(children.apply(owner(), service(R"({"x": 1, "y": 2})")).ok());
  REQUIRE(children.apply(owner(), service(R"({"x": 1})")).ok());
  CHECK(api.writes.size() == 2);
}

TEST_CASE("the own write counts while the cache lags behind") {
  FakeApi api;
  const Caches caches = api.caches();
  Children children(api, caches);
  REQUIRE(children.apply(owner(), service(R"({"x": 1})")).ok());
  api.lagging = true;
  REQUIRE(children.apply(owner(), service(R"({"x": 2})")).ok());
  const int requests = api.requests;
  REQUIRE(children.apply(owner(), service(R"({"x": 2})")).ok());
  CHECK(api.requests == requests);
}

TEST_CASE("objects of others are left alone whether the cache shows them or not") {
  for (const bool lagging : {false, true}) {
    FakeApi api;
    const Caches caches = api.caches();
    Children children(api, caches);
    api.lagging = lagging;
    api.put(kinds::services, service(R"({"theirs": true})").object);
    const auto done = children.apply(owner(), service(R"({"x": 1})"));
    REQUIRE_FALSE(done.ok());
    CHECK(done.error().reason == "NameTaken");
    CHECK(api.writes.empty());
  }
}

TEST_CASE("a namesake of an earlier owner is not ours") {
  FakeApi api;
  const Caches caches = api.caches();
  Children children(api, caches);
  REQUIRE(children.apply(owner("old"), service(R"({"x": 1})")).ok());
  CHECK(children.apply(owner("new"), service(R"({"x": 1})")).error().reason == "NameTaken");
}

TEST_CASE("an object that was deleted behind the caches back is made again") {
  FakeApi api;
  const Caches caches = api.caches();
  Children children(api, caches);
  REQUIRE(children.apply(owner(), service(R"({"x": 1})")).ok());
  api.user_delete(kinds::services, "shop", "s");
  REQUIRE(children.apply(owner(), service(R"({"x": 1})")).ok());
  CHECK_FALSE(api.find(kinds::services, "shop", "s").is_null());
}
