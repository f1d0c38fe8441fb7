#include "worker/letters/letter.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace tidegate::letters;

namespace {

std::vector<kafka::Header> failure(const std::string& reason, const std::string& time) {
  return {{"tidegate-topic", "payments"}, {"tidegate-partition", "3"},
          {"tidegate-offset", "42"},      {"tidegate-timestamp", "1767225600000"},
          {"tidegate-reason", reason},    {"tidegate-message", "amount: no number"},
          {"tidegate-time", time}};
}

kafka::Record record(std::string_view value) {
  kafka::Record out;
  out.value = value;
  out.offset = 7;
  return out;
}

bool takes(const Json& request, std::string_view value, const Origin& origin) {
  const auto filter = Filter::from_json(request);
  REQUIRE(filter.ok());
  return filter->takes(record(value), origin);
}

}  // namespace

TEST_CASE("headers say what a letter was and how often it failed") {
  auto headers = failure("WrongType", "2026-01-01T00:00:00Z");
  Origin origin = origin_of(headers);
  CHECK(origin.reason == "WrongType");
  CHECK(origin.topic == "payments");
  CHECK(origin.partition == 3);
  CHECK(origin.offset == 42);
  CHECK(origin.timestamp_ms == 1767225600000);
  CHECK(origin.failures == 1);
  for (const kafka::Header& header : failure("QueryFailed", "2026-01-02T00:00:00Z")) headers.push_back(header);
  origin = origin_of(headers);
  CHECK(origin.reason == "QueryFailed");
  CHECK(origin.failures == 2);
  CHECK(to_rfc3339(*origin.failed_at) == "2026-01-02T00:00:00Z");
}

TEST_CASE("a record that is no dead letter has no origin") {
  const Origin origin = origin_of({{"trace", "1"}});
  CHECK(origin.failures == 0);
  CHECK(origin.reason.empty());
  CHECK_FALSE(origin.failed_at.has_value());
}

TEST_CASE("letters are chosen by reason - time and field") {
  const Origin origin = origin_of(failure("WrongType", "2026-01-01T12:00:00Z"));
  const std::string value = R"({"card": 7, "name": "x"})";
  CHECK(takes(Json::object({}), value, origin));
  CHECK(takes(Json::object({{"reason", "WrongType"}}), value, origin));
  CHECK_FALSE(takes(Json::object({{"reason", "Malformed"}}), value, origin));
  CHECK(takes(Json::object({{"since", "2026-01-01T12:00:00Z"}, {"until", "2026-01-01T12:00:01Z"}}), value, origin));
  CHECK_FALSE(takes(Json::object({{"since", "2026-01-01T12:00:01Z"}}), value, origin));
  CHECK_FALSE(takes(Json::object({{"until", "2026-01-01T12:00:00Z"}}), value, origin));
  CHECK(takes(Json::object({{"fields", Json::object({{"card", "7"}, {"name", "x"}})}}), value, origin));
  CHECK_FALSE(takes(Json::object({{"fields", Json::object({{"card", "8"}})}}), value, origin));
  CHECK_FALSE(takes(Json::object({{"fields", Json::object({{"gone", ""}})}}), value, origin));
  CHECK_FALSE(takes(Json::object({{"fields", Json::object({{"card", "7"}})}}), "{\"card\": 7", origin));
  CHECK_FALSE(Filter::from_json(Json::object({{"since", "yesterday"}})).ok());
}

TEST_CASE("bytes that are no text are shown as digits") {
  const Json text = show(record("f\xc3\xbcr"), 100);
  CHECK(text.get("value").as_string() == "f\xc3\xbcr");
  CHECK(text.get("key").is_null());
  CHECK(text.get("offset").as_int() == 7);
  for (const std::string& bytes : {std::string("a\xff"), std::string("a\xc3"), std::string("\xe2\x82")}) {
    CAPTURE(bytes);
    CHECK(show(record(bytes), 100).get("value").is_null());
  }
  CHECK(show(record("a\xff"), 100).get("valueHex").as_string() == "61ff");
}

TEST_CASE("a long value is cut and its size told") {
  const Json shown = show(record("abcdef"), 4);
  CHECK(shown.get("value").as_string() == "abcd");
  CHECK(shown.get("valueBytes").as_int() == 6);
}
