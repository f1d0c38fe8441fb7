#include "operator/kube/event_series.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace tidegate::kube;

namespace {

constexpr WallTime kFirstTime{std::chrono::hours(500'000)};

Json pipeline(const std::string& ns = "shop", const std::string& uid = "u1") {
  return Json::object({{"apiVersion", "tidegate.io/v1alpha1"},
                       {"kind", "Pipeline"},
                       {"metadata", Json::object({{"namespace", ns}, {"name", "fraud"}, {"uid", uid}})}});
}

}  // namespace

TEST_CASE("events: what an Event says") {
  EventSeries series("tidegate.io/operator", std::string(200, 'i'));
  const auto event = series.record(pipeline(), true, "SinkUnreachable", "no connection", kFirstTime);
  REQUIRE(event);
  CHECK(event->at("type").as_string() == "Warning");
  CHECK(event->at("reportingController").as_string() == "tidegate.io/operator");
  CHECK(event->at("reportingInstance").as_string().size() == 128);
  CHECK(event->at("eventTime").as_string() == to_rfc3339_micro(kFirstTime));
  CHECK(event->at("metadata/namespace").as_string() == "shop");
  CHECK(event->at("metadata/name").as_string().starts_with("fraud."));
  CHECK(event->at("regarding/uid").as_string() == "u1");
  CHECK(event->at("regarding/kind").as_string() == "Pipeline");
}

TEST_CASE("events: objects without namespace report in default - long notes are cut between characters") {
  EventSeries series("c", "i");
  const std::string note = std::string(1023, 'x') + "\xC3\xA9";
  const auto event = series.record(pipeline(""), false, "R", note, kFirstTime);
  REQUIRE(event);
  CHECK(event->at("metadata/namespace").as_string() == "default");
  CHECK(event->at("note").as_string() == std::string(1023, 'x'));
}

TEST_CASE("events: repetitions become a count - every half minute at most") {
  EventSeries series("c", "i");
  const auto first = series.record(pipeline(), true, "R", "note", kFirstTime);
  REQUIRE(first);
  CHECK(series.due(kFirstTime).empty());
  for (int i = 1; i <= 10; ++i)
    CHECK_FALSE(series.record(pipeline(), true, "R", "note", kFirstTime + std::chrono::seconds(i)));
  CHECK(series.due(kFirstTime + std::chrono::seconds(29)).empty());
  const auto updates = series.due(kFirstTime + std::chrono::seconds(30));
  REQUIRE(updates.size() == 1);
  CHECK(updates[0].ns == "shop");
  CHECK(updates[0].name == first->at("metadata/name").as_string());
  CHECK(updates[0].patch.at("0/value/count").as_int() == 11);
  CHECK(series.due(kFirstTime + std::chrono::seconds(90)).empty());
}

TEST_CASE("events: another object - reason or note is another event") {
  EventSeries series("c", "i");
  CHECK(series.record(pipeline(), true, "R", "note", kFirstTime));
  CHECK(series.record(pipeline("shop", "u2"), true, "R", "note", kFirstTime));
  CHECK(series.record(pipeline(), false, "R", "note", kFirstTime));
  CHECK(series.record(pipeline(), true, "S", "note", kFirstTime));
  CHECK(series.record(pipeline(), true, "R", "other", kFirstTime));
}

TEST_CASE("events: a series ends after six quiet minutes - its last count written") {
  EventSeries series("c", "i");
  const auto first = series.record(pipeline(), true, "R", "note", kFirstTime);
  CHECK_FALSE(series.record(pipeline(), true, "R", "note", kFirstTime + std::chrono::seconds(1)));
  CHECK(series.due(kFirstTime + std::chrono::minutes(7)).size() == 1);
  const auto second = series.record(pipeline(), true, "R", "note", kFirstTime + std::chrono::minutes(7));
  REQUIRE(second);
  CHECK(second->at("metadata/name") != first->at("metadata/name"));
}

TEST_CASE("events: a storm is bounded") {
  EventSeries series("c", "i");
  int written = 0;
  for (int i = 0; i < 5000; ++i)
    written += series.record(pipeline(), true, "R", std::to_string(i), kFirstTime).has_value();
  CHECK(written == 1000);
}
