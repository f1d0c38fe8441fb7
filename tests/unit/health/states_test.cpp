#include <doctest/doctest.h>

#include "tests/unit/health/patient.h"

using namespace tidegate;
using namespace tidegate::health;

TEST_CASE("a stage that fails names its pod and one that starts or rests is no problem") {
  Patient patient;
  for (const StageState state : {StageState::idle, StageState::paused, StageState::starting}) {
    patient.stage().state = state;
    patient.run(120);
  }
  CHECK(patient.history.empty());
  patient.stage().state = StageState::failing;
  patient.stage().message = "pod score-0: CrashLoopBackOff: exit code 1";
  patient.stage().pod = "score-0";
  patient.run(8);
  CHECK(patient.all() == "Failing");
  CHECK(patient.subject("Failing") == "score-0");
  patient.stage().state = StageState::flowing;
  patient.run(10);  // a pod in a crash loop runs now and then
  CHECK(patient.all() == "Failing");
  patient.run(20);
  CHECK(patient.all().empty());
}

TEST_CASE("a stage that stands still is told and one whose pods come and go later") {
  Patient patient;
  patient.stage().state = StageState::stalled;
  patient.stage().message = "records wait, none was taken in for 8 s";
  patient.run(6);
  CHECK(patient.all() == "Stalled");
  Patient moving;
  moving.stage().state = StageState::stalled;
  moving.stage().moving = true;
  moving.run(20);
  CHECK(moving.all().empty());
  moving.run(8);
  CHECK(moving.all() == "Stalled");
}

TEST_CASE("a stage says for what it waits") {
  Patient patient;
  patient.stage().state = StageState::waiting;
  patient.stage().message = "PostgreSQL: connection refused";
  patient.run(12);
  CHECK(patient.all().empty());
  patient.run(6);
  CHECK(patient.text("Waiting") == "processor score: PostgreSQL: connection refused; bring back what it waits for");
}

TEST_CASE("what a worker says is lost is lost data or a lost topic and no waiting") {
  Patient patient;
  patient.stage().state = StageState::waiting;
  patient.stage().message = "DataLost: 200 records of payments[0] were deleted before they were read";
  patient.look();
  CHECK(patient.all() == "DataLost");
  CHECK(patient.subject("DataLost") == "payments");
  CHECK(patient.text("DataLost").find("processor score: 200 records of payments[0] were") == 0);
  patient.stage().message = "TopicReplaced: payments was deleted and made again";
  patient.run(30);
  CHECK(patient.all() == "TopicLost");
}

TEST_CASE("retention that passed the committed offset is lost data whatever the worker says") {
  Patient patient;
  patient.stage().partitions[1].log_start = 30;
  patient.look();
  CHECK(patient.text("DataLost").find("30 records of payments were deleted before they were read") !=
        std::string::npos);
}

TEST_CASE("a stage is slow against its share of the objective and never without one") {
  Patient patient;
  patient.stage().age_seconds = 100;
  patient.run(120);
  CHECK(patient.history.empty());
  patient.stage().objective_seconds = 2.5;
  patient.run(14);
  CHECK(patient.all().empty());
  patient.run(4);
  CHECK(patient.text("Slow").find("the oldest record waits for 100 s, its share of the latency objective is 2.5 s") !=
        std::string::npos);
  patient.stage().age_seconds.reset();  // unknown
  patient.run(20);
  CHECK(patient.all().empty());
}

TEST_CASE("a rescale that is over within the patience is not slow") {
  Patient patient;
  patient.stage().objective_seconds = 2;
  for (int i = 0; i < 5; ++i) {
    patient.stage().moving = true;
    patient.stage().age_seconds = 8;
    patient.run(28);
    patient.stage().moving = false;
    patient.stage().age_seconds = 0.2;
    patient.run(60);
  }
  CHECK(patient.history.empty());
}

TEST_CASE("one partition that holds nearly all that waits is skew") {
  Patient patient;
  patient.stage().age_seconds = 40;
  patient.stage().partitions[1].readable = 5000;
  patient.run(28);
  CHECK(patient.all().empty());
  patient.run(6);
  CHECK(patient.all() == "SkewedPartition");
  CHECK(patient.subject("SkewedPartition") == "1");
  Patient even;
  even.stage().age_seconds = 40;
  even.stage().partitions[0].readable = even.stage().partitions[1].readable = 5000;
  even.run(60);
  CHECK(even.history.empty());
  even.stage().partitions[0].position.reset();  // unknown
  even.run(60);
  CHECK(even.history.empty());
}

TEST_CASE("a refused spec and a long start and limits concern the whole pipeline") {
  Patient patient;
  patient.evidence.refused = "processors[0].sql: no such column";
  patient.evidence.not_ready = "score is rolling out";
  patient.evidence.scaling_limited = "score needs 8 replicas, scale.max is 6";
  patient.run(8);
  CHECK(patient.all() == "Refused");
  patient.run(60);
  CHECK(patient.all() == "Refused ScalingLimited");
  patient.run(540);
  CHECK(patient.all() == "Refused NotReady ScalingLimited");
}

TEST_CASE("a Kafka that cannot be reached is one problem and what is not known of it none") {
  Patient patient;
  patient.evidence.cluster.reachable.reset();
  patient.run(60);
  CHECK(patient.history.empty());
  patient.evidence.cluster.reachable = false;
  patient.evidence.cluster.problem = "connection refused";
  patient.run(18);
  CHECK(patient.all() == "Waiting");
  CHECK(patient.text("Waiting").find("Kafka cannot be reached: connection refused") == 0);
}

TEST_CASE("a pipeline does not wait for a Kafka that starts with it") {
  Patient patient;
  patient.evidence.cluster.is_new = true;
  patient.evidence.cluster.reachable = false;
  patient.run(120);
  CHECK(patient.all().empty());
  patient.evidence.cluster.reachable = true;
  patient.run(10);
  patient.evidence.cluster.reachable = false;
  patient.run(20);
  CHECK(patient.has("Waiting"));
}
