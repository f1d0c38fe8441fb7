#include "controllers/pipeline/status.h"

#include <doctest/doctest.h>

#include "controllers/pipeline/labels.h"

using namespace tidegate;
using namespace tidegate::controllers;

namespace {

StatusReport report() {
  StatusReport out;
  out.generation = 3;
  out.bootstrap_servers = "fraud-kafka.shop.svc:9092";
  StageReport stage;
  stage.name = std::string(18, 's');
  stage.kind = "processor";
  stage.verdict = {StageState::stalled, "records wait, none was taken in for 8 s"};
  stage.replicas = stage.ready = 64;
  stage.figures.known = true;
  stage.figures.lag_records = 123456789012;
  stage.figures.lag_seconds = 12345.678;
  stage.figures.rate_in = stage.figures.rate_out = 1234567.8;
  stage.figures.dead_letters = 123456;
  out.stages.push_back(stage);
  return out;
}

}  // namespace

TEST_CASE("figures are rounded to two digits") {
  CHECK(rounded(0) == Json(0));
  CHECK(rounded(1234) == Json(1200));
  CHECK(rounded(99.6) == Json(100));
  CHECK(rounded(12.3) == Json(12));
  CHECK(rounded(1.26).as_double() == doctest::Approx(1.3));
  CHECK(rounded(0.014).as_double() == doctest::Approx(0.01));
}

TEST_CASE("a stage takes little room") {
  const Json status = status_json(report(), {}, WallTime{});
  CHECK(status.at("stages/0").dump().size() <= 256);
  StatusReport wordy = report();
  wordy.stages[0].verdict.message = std::string(1000, 'x');
  CHECK(status_json(wordy, {}, WallTime{}).at("stages/0").dump().size() <= 320);
  CHECK(status.at("lag") == Json(120000000000));
}

TEST_CASE("what is unknown is absent") {
  StatusReport unknown = report();
  unknown.stages[0].figures = {};
  const Json status = status_json(unknown, {}, WallTime{});
  for (const char* name : {"rateIn", "rateOut", "lagRecords", "lagSeconds", "deadLetters"}) {
    CAPTURE(name);
    CHECK(status.at("stages/0").get(name).is_null());
  }
  CHECK(status.get("lag").is_null());
  CHECK(status.get("eventsPerSecond").is_null());
}

TEST_CASE("figures do not make a status different states do") {
  const Json before = status_json(report(), {}, WallTime{});
  StatusReport other = report();
  other.stages[0].figures.rate_in = 5;
  other.stages[0].figures.lag_seconds = 99;
  other.events_per_second = 12;
  CHECK(without_figures(status_json(other, before, WallTime{})) == without_figures(before));
  other.stages[0].verdict = {StageState::flowing, ""};
  CHECK(without_figures(status_json(other, before, WallTime{})) != without_figures(before));
}

TEST_CASE("conditions tell a mistake from a rollout") {
  StatusReport mistaken = report();
  mistaken.stalled = Error{"InvalidQuery", "spec.processors[score].sql.query: no"};
  auto all = conditions(mistaken);
  CHECK(all[0].reason == "Stalled");  // Ready: how what was accepted before fares
  CHECK(all[2].status == Truth::yes);
  CHECK(all[2].message == "spec.processors[score].sql.query: no (what was accepted before runs on)");
  mistaken.accepted = false;
  all = conditions(mistaken);
  CHECK(all[0].reason == "InvalidQuery");
  CHECK(all[2].message == "spec.processors[score].sql.query: no");
  StatusReport rolling = report();
  rolling.rolling_out = Error{"RollingOut", "score: 0 of 1 pods have the new version"};
  all = conditions(rolling);
  CHECK(all[1].status == Truth::yes);
  CHECK(all[2].status == Truth::no);
  for (const Condition& condition : all) CHECK_FALSE(condition.reason.empty());
}
