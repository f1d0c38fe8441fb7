#include "worker/check/check.h"

#include <doctest/doctest.h>

using namespace tidegate;

namespace {

Json answer(const char* request) {
  return check(*Json::parse(request));
}

}  // namespace

TEST_CASE("a good query gives its columns") {
  CHECK(
      answer(
          R"({"topic":"payments","fields":[{"name":"card","type":"VARCHAR","required":true},{"name":"amount","type":"DOUBLE"}],
    "query":"SELECT card, amount * 2 AS twice FROM payments"})") ==
      *Json::parse(R"({"ok":true,"columns":[{"name":"card","type":"VARCHAR"},{"name":"twice","type":"DOUBLE"}]})"));
}

TEST_CASE("a refusal carries reason and position") {
  const Json refused = answer(
      R"({"topic":"payments","fields":[{"name":"card","type":"VARCHAR"}],"query":"SELECT count(*) AS n FROM payments"})");
  CHECK(refused.get("ok") == Json(false));
  CHECK(refused.get("reason").as_string() == "NotRowWise");
  CHECK(refused.get("position").as_int() == 7);
  const Json invalid =
      answer(R"({"topic":"payments","fields":[{"name":"card","type":"VARCHAR"}],"query":"SELECT crd FROM payments"})");
  CHECK(invalid.get("reason").as_string() == "InvalidQuery");
  CHECK(invalid.get("position").as_int() == 7);
  CHECK(invalid.get("message").as_string().find("card") != std::string::npos);
}

TEST_CASE("bad fields and keys are refused by name") {
  CHECK(answer(R"({"topic":"t","fields":[{"name":"a","type":"TEXT"}],"query":"SELECT a FROM t"})")
            .get("reason")
            .as_string() == "InvalidType");
  CHECK(answer(R"({"topic":"t","fields":[{"name":"a","type":"VARCHAR"}],"query":"SELECT a FROM t","key":["b"]})")
            .get("reason")
            .as_string() == "InvalidKey");
  CHECK(answer("{}").get("ok") == Json(false));
}

TEST_CASE("a query may join its topic with tables") {
  Json request = *Json::parse(
      R"({"topic": "flights", "fields": [{"name": "id", "type": "BIGINT"}, {"name": "origin", "type": "VARCHAR"}],
    "query": "SELECT id, name FROM flights JOIN airports ON code = origin",
    "tables": [{"topic": "airports", "key": ["code"],
                "fields": [{"name": "code", "type": "VARCHAR"}, {"name": "name", "type": "VARCHAR"}]}]})");
  const Json accepted = check(request);
  CHECK(accepted.get("ok").as_bool());
  CHECK(accepted.at("columns/1/name").as_string() == "name");
  request["tables"] = Json::Array{};
  CHECK(check(request).get("reason").as_string() == "NotRowWise");
  request["tables"] =
      *Json::parse(R"([{"topic": "airports", "key": ["nothing"], "fields": [{"name": "code", "type": "VARCHAR"}]}])");
  CHECK(check(request).get("reason").as_string() == "InvalidKey");
}
