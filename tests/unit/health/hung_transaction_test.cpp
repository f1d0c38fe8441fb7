#include "controllers/health/hung_transaction.h"

#include <doctest/doctest.h>

#include "tests/unit/health/patient.h"

using namespace tidegate;
using namespace tidegate::health;

TEST_CASE("an open transaction is told when nothing became readable behind it for longer than a worker's may last") {
  Patient patient;
  patient.flow = {};
  patient.flow.in = patient.flow.out = 0;
  PartitionEvidence& partition = patient.stage().partitions[1];
  const auto grow = [&](int seconds) {
    for (int second = 0; second < seconds; second += 2) {
      partition.log_end = *partition.log_end + 10;
      patient.look();
    }
  };
  partition.log_end = *partition.readable;
  grow(14);
  CHECK_FALSE(patient.has("HungTransaction"));
  grow(6);
  CHECK(patient.has("HungTransaction"));
  CHECK(patient.subject("HungTransaction") == "payments");
  CHECK(patient.text("HungTransaction").find("offsets of topic payments in 1 partition;") != std::string::npos);
  partition.readable = partition.position = partition.log_end;  // aborted
  patient.run(10);
  CHECK_FALSE(patient.has("HungTransaction"));
}

TEST_CASE("transactions that are committed in time are none that hang and unknown ends say nothing") {
  HungTransaction detector;
  StageEvidence stage;
  stage.name = "score";
  stage.input = "payments";
  stage.partitions.resize(1);
  std::vector<Finding> found;
  for (int second = 0; second < 120; second += 2) {
    stage.partitions[0].readable = second * 10;  // it moves, and always something is open
    stage.partitions[0].log_end = second * 10 + 50;
    detector.look({SteadyTime(std::chrono::seconds(second)), {}}, stage, found);
  }
  stage.partitions[0].log_end.reset();
  for (int second = 120; second < 240; second += 2) {
    detector.look({SteadyTime(std::chrono::seconds(second)), {}}, stage, found);
  }
  CHECK(found.empty());
}
