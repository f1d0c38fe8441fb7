#include <doctest/doctest.h>

#include <cmath>

#include "tests/unit/health/patient.h"

using namespace tidegate;
using namespace tidegate::health;

TEST_CASE("output that stops while input flows is told with what was learned and ends with the repair") {
  Patient patient;
  patient.run(120);
  CHECK(patient.all().empty());
  patient.flow.out = 0;
  patient.run(10);
  CHECK(patient.all() == "CollapsedOutput");
  CHECK(patient.text("CollapsedOutput").find("processor score: 0 outputs where ") == 0);
  CHECK(patient.text("CollapsedOutput").find("learned 50 % of records since 2026-01-01T00:16:44Z") !=
        std::string::npos);
  patient.run(600);
  CHECK(patient.all() == "CollapsedOutput");  // what is sick is not learned
  patient.flow.out = 50;
  patient.run(16);
  CHECK(patient.all().empty());
  CHECK(patient.history.size() == 2);
}

TEST_CASE("a new processor does not alarm while its share of outputs is being learned") {
  Patient patient;
  patient.run(20);
  patient.flow.out = 0;
  patient.run(30);
  CHECK(patient.all().empty());
}

TEST_CASE("a processor that never gave anything has nothing to collapse") {
  Patient patient;
  patient.flow.out = 0;
  patient.run(3600);
  CHECK(patient.all().empty());
}

TEST_CASE("no input is no collapse") {
  Patient patient;
  patient.run(120);
  patient.flow = {0, 0, {0, 0}, {}};
  patient.run(3600);
  CHECK(patient.all().empty());
}

TEST_CASE("rare outputs collapse when twenty were due and not before") {
  Patient patient;
  patient.flow = {100, 1, {0, 2}, {}};
  patient.run(120);
  patient.flow.out = 0;
  patient.run(36);  // 18 were due
  CHECK(patient.all().empty());
  patient.run(10);
  CHECK(patient.all() == "CollapsedOutput");
}

TEST_CASE("a daily wave and quiet nights are no collapse") {
  Patient patient;
  for (int minute = 0; minute < 24 * 60; ++minute) {
    const double wave = 1.1 + std::sin(minute / 1440.0 * 6.283);
    patient.flow.in = std::llround(1000 * wave);
    patient.flow.out = std::llround(400 * wave * (1 + 0.3 * std::sin(minute / 300.0)));
    patient.flow.nulls = {0, patient.flow.in / 50};
    for (int i = 0; i < 30; ++i) patient.look();
  }
  CHECK(patient.history.empty());
}

TEST_CASE("outputs in bursts need a longer drought than any before") {
  Patient patient;
  const auto burst = [&] {
    patient.flow.out = 0;
    patient.run(60);  // 30 looks
    patient.flow.out = 100;
    patient.run(2);
  };
  patient.flow = {100, 50, {0, 2}, {}};
  patient.run(62);
  for (int i = 0; i < 20; ++i) burst();
  patient.history.clear();
  for (int i = 0; i < 20; ++i) burst();
  CHECK(patient.history.empty());
  patient.flow.out = 0;
  patient.run(600);
  CHECK(patient.all() == "CollapsedOutput");
}

TEST_CASE("another query has another share of outputs") {
  Patient patient;
  patient.run(120);
  patient.stage().version = "2";
  patient.flow.out = 0;
  patient.run(300);
  CHECK(patient.all().empty());
}

TEST_CASE("counts that are unknown for a while are no collapse and counts that begin anew neither") {
  Patient patient;
  patient.run(120);
  const Count kept = patient.stage().partitions[1].in;
  patient.stage().partitions[1].in.reset();
  patient.flow.out = 0;
  patient.run(60);
  CHECK(patient.all().empty());
  patient.stage().partitions[1].in = kept;
  PartitionEvidence& partition = patient.stage().partitions[0];
  partition.in = partition.out = partition.gave = 0;
  patient.flow.out = 50;
  patient.run(60);
  CHECK(patient.all().empty());
}

TEST_CASE("a partition that begins or moves does not change the share") {
  Patient patient;
  patient.stage().partitions[1].committed = false;
  patient.run(120);
  patient.stage().partitions[1].committed = true;
  patient.run(60);
  CHECK(patient.history.empty());
}
