#include <doctest/doctest.h>

#include "tests/unit/health/patient.h"

using namespace tidegate;
using namespace tidegate::health;

TEST_CASE("what was learned survives a restart of the operator") {
  Patient patient;
  patient.run(300);
  patient.restart();
  patient.run(4);
  CHECK(patient.health.selectivity("score").value_or(0) == doctest::Approx(0.5).epsilon(0.01));
  patient.flow.out = 0;
  patient.flow.nulls = {0, 100};
  patient.run(10);
  CHECK(patient.all() == "SchemaDrift CollapsedOutput");
}

TEST_CASE("problems survive a restart of the operator and end with the repair") {
  Patient patient;
  patient.run(300);
  patient.flow.out = 0;
  patient.run(20);
  const WallTime since = patient.health.problems().at(0).since;
  patient.restart();
  patient.run(120);
  REQUIRE(patient.all() == "CollapsedOutput");
  CHECK(patient.health.problems()[0].since == since);
  patient.flow.out = 50;
  patient.run(60);
  CHECK(patient.all().empty());
  CHECK(patient.history.size() == 2);
}

TEST_CASE("what was learned with another query or is no learning of ours is ignored") {
  Patient patient;
  patient.run(300);
  patient.stage().version = "2";
  patient.restart();
  patient.run(4);
  CHECK_FALSE(patient.health.selectivity("score"));
  PipelineHealth health;
  health.keep(*Json::parse(R"({"score": {"version": "1", "selectivity": "x", "nulls": [1], "balance": {"rows": 3}}})"));
  health.diagnose(patient.now(), patient.evidence);
  CHECK(health.problems().empty());
}

TEST_CASE("a stage that is removed takes its problems along") {
  Patient patient;
  patient.run(120);
  patient.flow.out = 0;
  patient.run(20);
  const auto stage = patient.stage();
  patient.evidence.stages.clear();
  patient.time += Duration(10'000);
  patient.health.diagnose(patient.now(), patient.evidence);
  CHECK(patient.all().empty());
}
