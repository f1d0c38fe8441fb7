#include <doctest/doctest.h>

#include "tests/unit/health/patient.h"

using namespace tidegate;
using namespace tidegate::health;

TEST_CASE("a type that changed is schema drift of the field that dead letters name") {
  Patient patient;
  patient.run(120);
  patient.flow.dead_letters = {{"WrongType", 100}};
  patient.flow.out = 50;
  patient.stage().dead_letter = "amount: expected DOUBLE, found text";
  patient.run(8);
  CHECK(patient.all() == "SchemaDrift");
  CHECK(patient.subject("SchemaDrift") == "amount");
  CHECK(patient.text("SchemaDrift").find("of records are dead letters (WrongType), learned 0 % since") !=
        std::string::npos);
  CHECK(patient.text("SchemaDrift").find("found text") != std::string::npos);
  patient.stage().dead_letter = "card: missing";  // the field of a problem stays while it lasts
  patient.run(60);
  CHECK(patient.subject("SchemaDrift") == "amount");
  patient.flow.dead_letters.clear();
  patient.run(80);
  CHECK(patient.all().empty());
  CHECK(patient.history.size() == 2);
}

TEST_CASE("poison records are a surge and end a minute after the last") {
  Patient patient;
  patient.run(120);
  patient.flow.dead_letters = {{"Malformed", 2}};
  patient.run(10);
  CHECK(patient.all() == "DeadLetterSurge");
  CHECK(patient.subject("DeadLetterSurge") == "Malformed");
  patient.flow.dead_letters.clear();
  patient.run(80);
  CHECK(patient.all().empty());
}

TEST_CASE("a single dead letter is none") {
  Patient patient;
  patient.run(120);
  patient.flow.dead_letters = {{"Malformed", 2}};
  patient.run(2);
  patient.flow.dead_letters.clear();
  patient.run(120);
  CHECK(patient.history.empty());
}

TEST_CASE("the usual share of dead letters is no surge and five times as many are") {
  Patient patient;
  patient.flow.dead_letters = {{"Malformed", 3}};
  patient.run(600);
  CHECK(patient.history.empty());
  patient.flow.dead_letters = {{"Malformed", 20}};
  patient.run(20);
  CHECK(patient.all() == "DeadLetterSurge");
}

TEST_CASE("a stage that began with nothing but dead letters is told after learning") {
  Patient patient;
  patient.flow.dead_letters = {{"MissingField", 100}};
  patient.flow.out = 0;
  patient.stage().dead_letter = "card: required field is missing";
  patient.run(50);
  CHECK(patient.all().empty());
  patient.run(20);
  CHECK(patient.all() == "SchemaDrift");
  CHECK(patient.subject("SchemaDrift") == "card");
}

TEST_CASE("rows that the target refuses are its rejections") {
  Patient patient;
  patient.stage().kind = "sink";
  patient.run(120);
  patient.flow.dead_letters = {{"Rejected", 60}};
  patient.run(8);
  CHECK(patient.all() == "SinkRejecting");
}

TEST_CASE("an older worker gives no reasons and its dead letters count") {
  Patient patient;
  patient.stage().partitions[0].why.reset();
  patient.stage().partitions[1].why.reset();
  patient.run(120);
  patient.flow.dead_letters = {{"WrongType", 50}};
  patient.run(10);
  CHECK(patient.all() == "DeadLetterSurge");
  CHECK(patient.subject("DeadLetterSurge").empty());
}
