#include <doctest/doctest.h>

#include "tests/unit/health/patient.h"

using namespace tidegate;
using namespace tidegate::health;

TEST_CASE("one record that a worker dropped is told and named until ten minutes after") {
  Patient patient;
  patient.run(120);
  *patient.stage().partitions[0].took -= 1;
  patient.run(10);
  CHECK(patient.all().empty());  // for ten seconds it may be a look in between
  patient.run(6);
  CHECK(patient.all() == "Unbalanced");
  CHECK(patient.subject("Unbalanced") == "rows");
  CHECK(patient.text("Unbalanced").find("rows: 1 records that the worker took were neither handed on") !=
        std::string::npos);
  patient.run(500);
  CHECK(patient.all() == "Unbalanced");
  patient.run(140);
  CHECK(patient.all().empty());
  *patient.stage().partitions[0].took -= 1;
  patient.run(20);
  CHECK(patient.all() == "Unbalanced");
}

TEST_CASE("results and offsets are checked too") {
  Patient patient;
  patient.run(20);
  *patient.stage().partitions[0].out -= 3;
  patient.run(20);
  CHECK(patient.subject("Unbalanced") == "results");
  *patient.stage().partitions[0].out += 3;
  *patient.stage().partitions[1].position += 2;
  patient.run(30);
  CHECK(patient.subject("Unbalanced") == "offsets");
}

TEST_CASE("gaps of transactions and compaction on foreign topics are no problem") {
  Patient patient;
  patient.stage().plain_input = false;
  for (int i = 0; i < 100; ++i) {
    *patient.stage().partitions[0].position += 5;
    patient.look();
  }
  CHECK(patient.history.empty());
  CHECK(imbalance(patient.stage(), 0) == 500);  // reported as a figure
}

TEST_CASE("a difference between two commits heals by itself") {
  Patient patient;
  patient.run(20);
  for (int i = 0; i < 30; ++i) {
    *patient.stage().partitions[0].took -= 7;
    patient.look();
    *patient.stage().partitions[0].took += 7;
    patient.look();
  }
  CHECK(patient.history.empty());
}

TEST_CASE("a worker that does not count is unknown") {
  Patient patient;
  for (auto& partition : patient.stage().partitions) {
    partition.seen.reset();
    partition.took.reset();
    partition.gave.reset();
  }
  patient.run(60);
  CHECK(patient.history.empty());
  CHECK_FALSE(imbalance(patient.stage(), 1));
}

TEST_CASE("what is missing at the first look of all may be an older worker's and what went missing unseen is told") {
  Patient patient;
  *patient.stage().partitions[0].took -= 5;
  patient.run(120);
  CHECK(patient.history.empty());
  patient.restart();
  *patient.stage().partitions[1].took -= 1;
  patient.run(20);
  CHECK(patient.text("Unbalanced").find("rows: 1 records") != std::string::npos);
}

TEST_CASE("what was missing before a restart of the operator is not told again") {
  Patient patient;
  patient.look();
  *patient.stage().partitions[0].took -= 1;
  patient.run(700);
  CHECK(patient.history.size() == 2);
  patient.restart();
  patient.run(120);
  CHECK(patient.history.size() == 2);
}
