#include <doctest/doctest.h>

#include "tests/unit/health/patient.h"

using namespace tidegate;
using namespace tidegate::health;

namespace {

Patient with_expectation() {
  Patient patient;
  patient.topic().expect_every = Duration(60'000);
  return patient;
}

const Patient::Flow kNothing{0, 0, {0, 0}, {}};

}  // namespace

TEST_CASE("a topic that stays silent for longer than expected is told and ends with the next record") {
  Patient patient = with_expectation();
  patient.run(120);
  patient.flow = kNothing;
  patient.run(60);
  CHECK(patient.all().empty());
  patient.run(4);
  CHECK(
      patient.text("SilentSource")
          .find(
              "processor score: no record came to topic payments for longer than expectEvery (1m), none since 2026") ==
      0);
  patient.flow.in = 1;
  patient.look();
  CHECK(patient.all().empty());
}

TEST_CASE("silence is named by the source that fills the topic") {
  Patient patient = with_expectation();
  patient.topic().filler = "intake";
  patient.topic().filler_kind = "source";
  patient.flow = kNothing;
  patient.run(70);
  CHECK(patient.text("SilentSource").find("source intake: ") == 0);
}

TEST_CASE("without expectEvery silence is fine") {
  Patient patient;
  patient.flow = kNothing;
  patient.run(3600);
  CHECK(patient.history.empty());
}

TEST_CASE("time in which Kafka did not say is not silence and does not end it") {
  Patient patient = with_expectation();
  patient.run(20);
  patient.flow = kNothing;
  patient.run(40);
  const Count appended = patient.topic().appended;
  patient.topic().appended.reset();
  patient.run(600);
  CHECK(patient.all().empty());
  patient.topic().appended = appended;
  patient.run(10);
  CHECK(patient.all().empty());
  patient.run(20);
  CHECK(patient.all() == "SilentSource");
  patient.topic().appended.reset();
  patient.run(20);
  CHECK(patient.all() == "SilentSource");
}

TEST_CASE("silence goes on over a restart of the operator") {
  Patient patient = with_expectation();
  patient.flow = kNothing;
  patient.run(70);
  patient.restart();
  patient.run(50);
  CHECK(patient.all() == "SilentSource");
  CHECK(patient.history.size() == 1);
  patient.flow.in = 1;
  patient.run(40);
  CHECK(patient.all().empty());
}

TEST_CASE("a topic that is gone or made anew is lost") {
  Patient patient;
  patient.run(10);
  patient.topic().id = "";
  patient.look();
  CHECK(patient.text("TopicLost").find("processor score: topic payments was deleted by somebody") == 0);
  patient.topic().id = "id-2";
  patient.run(300);
  CHECK(patient.text("TopicLost").find("made again") != std::string::npos);
  patient.run(400);
  CHECK(patient.all().empty());
}

TEST_CASE("a topic made anew is no problem any more once its readers have taken it up") {
  Patient patient;
  patient.run(10);
  patient.topic().id = "id-2";
  patient.topic().taken_up = true;
  patient.run(50);
  CHECK(patient.all() == "TopicLost");
  patient.run(30);
  CHECK(patient.all().empty());
}

TEST_CASE("a topic that was not asked about is not lost") {
  Patient patient;
  patient.run(10);
  patient.topic().described = false;
  patient.topic().id = "";
  patient.run(60);
  CHECK(patient.history.empty());
}

TEST_CASE("offsets that belong to an earlier topic say so for as long as they do") {
  Patient patient;
  patient.stage().input_replaced = true;
  patient.run(1200);
  CHECK(patient.all() == "TopicLost");
  patient.stage().input_replaced = false;
  patient.run(20);
  CHECK(patient.all().empty());
}
