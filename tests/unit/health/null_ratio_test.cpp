#include <doctest/doctest.h>

#include <cmath>

#include "tests/unit/health/patient.h"

using namespace tidegate;
using namespace tidegate::health;

TEST_CASE("a field that disappears is named with its learned share and ends with the repair") {
  Patient patient;
  patient.run(120);
  CHECK(patient.all().empty());
  patient.flow.nulls = {0, 100};
  patient.run(8);
  CHECK(patient.all() == "SchemaDrift");
  CHECK(patient.subject("SchemaDrift") == "amount");
  CHECK(patient.text("SchemaDrift").find("field amount is null or missing in") != std::string::npos);
  CHECK(patient.text("SchemaDrift").find("learned 2 % since 2026-01-01T") != std::string::npos);
  patient.run(600);
  CHECK(patient.all() == "SchemaDrift");
  patient.flow.nulls = {0, 2};
  patient.run(20);
  CHECK(patient.all().empty());
  CHECK(patient.history.size() == 2);
}

TEST_CASE("one of several producers that renamed a field is enough") {
  Patient patient;
  patient.run(120);
  patient.flow.nulls = {30, 2};
  patient.run(16);
  CHECK(patient.all() == "SchemaDrift");
  CHECK(patient.subject("SchemaDrift") == "card");
}

TEST_CASE("a slow stream needs twenty records not a window of time") {
  Patient patient;
  patient.flow = {2, 1, {0, 0}, {}};
  patient.run(220);
  patient.flow.nulls = {2, 0};
  patient.run(16);
  CHECK(patient.all().empty());
  patient.run(10);
  CHECK(patient.all() == "SchemaDrift");
}

TEST_CASE("what is null while learning is usual") {
  Patient patient;
  patient.flow.nulls = {0, 100};
  patient.run(3600);
  CHECK(patient.history.empty());
}

TEST_CASE("nothing is drift before two hundred records and a minute") {
  Patient patient;
  patient.run(40);
  patient.flow.nulls = {100, 2};
  patient.run(20);
  CHECK(patient.all().empty());
}

TEST_CASE("a share that waves between a tenth and a third is usual once a wave was seen") {
  Patient patient;
  const auto hour = [&] {
    for (int look = 0; look < 1800; ++look) {
      patient.flow.nulls[1] = std::llround(20 + 12 * std::sin(look / 1800.0 * 6.283));
      patient.look();
    }
  };
  hour();
  hour();
  CHECK(patient.history.empty());
}

TEST_CASE("a worker that does not count nulls is unknown and no drift") {
  Patient patient;
  patient.run(120);
  patient.stage().partitions[0].nulls.reset();
  patient.run(120);
  patient.stage().partitions[0].nulls = {0, 240};
  patient.run(60);
  CHECK(patient.history.empty());
}

TEST_CASE("drift lasts through a pause of the stream") {
  Patient patient;
  patient.run(120);
  patient.flow.nulls = {0, 100};
  patient.run(20);
  patient.flow = {0, 0, {0, 0}, {}};
  patient.run(600);
  CHECK(patient.all() == "SchemaDrift");
}

TEST_CASE("a field that a query passes on is told once and where it comes from outside") {
  Patient patient;
  patient.stage().inner = true;
  patient.run(120);
  patient.flow.nulls = {0, 100};
  patient.run(60);
  CHECK(patient.history.empty());
}
