#include "common/json/json.h"

#include <doctest/doctest.h>

#include <limits>

using namespace tidegate;

TEST_CASE("a document survives parse and dump with keys sorted") {
  const auto parsed = Json::parse(R"({"b":[1,2.5,null,true,"x"],"a":{"n":-7}})");
  REQUIRE(parsed.ok());
  CHECK(parsed->dump() == R"({"a":{"n":-7},"b":[1,2.5,null,true,"x"]})");
}

TEST_CASE("64-bit integers are exact") {
  const auto parsed = Json::parse("[9223372036854775807,-9223372036854775808]");
  REQUIRE(parsed.ok());
  CHECK(parsed->dump() == "[9223372036854775807,-9223372036854775808]");
  CHECK(parsed->at("0").as_int() == INT64_MAX);
}

TEST_CASE("paths lead into objects and arrays and end in null") {
  const auto json = Json::parse(R"({"spec":{"topics":[{"name":"a"},{"name":"b"}]},"x/y":1})").value();
  CHECK(json.at("spec/topics/1/name").as_string() == "b");
  CHECK(json.at("spec/topics/2/name").is_null());
  CHECK(json.at("spec/topics/one").is_null());
  CHECK(json.at("nothing/here").is_null());
  CHECK(json.get("x/y").as_int() == 1);
  CHECK(json.at("spec/topics/1/name").as_int(5) == 5);
}

TEST_CASE("malformed text names the position") {
  for (const char* text : {"", "{", "[1,]", "{\"a\":}", "tru", "{} {}", "\"\xff\""}) {
    CAPTURE(text);
    const auto parsed = Json::parse(text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().reason == "InvalidJson");
  }
}

TEST_CASE("nesting is bounded") {
  CHECK(Json::parse(std::string(64, '[') + std::string(64, ']')).ok());
  CHECK_FALSE(Json::parse(std::string(65, '[') + std::string(65, ']')).ok());
}

TEST_CASE("values are built in place") {
  Json json;
  json["a"]["b"] = 1;
  json["list"].push_back("x");
  json["list"].push_back(nullptr);
  CHECK(json.dump() == R"({"a":{"b":1},"list":["x",null]})");
  json.erase("a");
  CHECK(json.dump() == R"({"list":["x",null]})");
  CHECK(Json::object({{"k", Json::array({1, 2})}}) == Json::parse(R"({"k":[1,2]})").value());
}

TEST_CASE("bytes that are not UTF-8 never make dump fail") {
  CHECK(Json("a\xff"
             "b")
            .dump() ==
        "\"a\xEF\xBF\xBD"
        "b\"");
}

TEST_CASE("dump indents where asked and escapes what JSON does not take") {
  const auto json = Json::parse(R"({"list":[],"none":{},"some":[1,{"text":"a\"b\\c\n\u0001é"}],"big":1e300})").value();
  CHECK(json.dump() == R"({"big":1e+300,"list":[],"none":{},"some":[1,{"text":"a\"b\\c\n\u0001é"}]})");
  CHECK(json.dump(2) == R"({
  "big": 1e+300,
  "list": [],
  "none": {},
  "some": [
    1,
    {
      "text": "a\"b\\c\n\u0001é"
    }
  ]
})");
  CHECK(Json(std::numeric_limits<double>::infinity()).dump() == "null");
}
