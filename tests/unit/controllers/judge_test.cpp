#include "controllers/pipeline/judge.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace tidegate::controllers;

namespace {

StageEvidence healthy() {
  StageEvidence out;
  out.kind = "processor";
  out.replicas = 1;
  out.pods.total = out.pods.running = out.pods.ready = 1;
  out.kafka_reachable = true;
  out.figures.known = out.figures.started = true;
  out.figures.lag_records = 0;
  return out;
}

}  // namespace

TEST_CASE("a stages state from what is known") {
  struct Row {
    const char* what;
    void (*change)(StageEvidence&);
    StageState state;
    const char* message;
  };
  const Row rows[] = {
      {"nothing to do", [](StageEvidence&) {}, StageState::idle, ""},
      {"moving", [](StageEvidence& e) { e.figures.moving = true; }, StageState::flowing, ""},
      {"records wait a moment", [](StageEvidence& e) { e.figures.lag_records = 5; }, StageState::flowing, ""},
      {"standing for 8 s",
       [](StageEvidence& e) {
         e.figures.lag_records = 5;
         e.figures.standing = Duration(8000);
       },
       StageState::stalled, "records wait, none was taken in for 8 s"},
      {"standing in one partition while others move",
       [](StageEvidence& e) {
         e.figures.moving = true;
         e.figures.standing = Duration(9000);
       },
       StageState::stalled, "records wait, none was taken in for 8 s"},
      {"silent", [](StageEvidence& e) { e.figures.silent = Duration(25000); }, StageState::stalled,
       "no sign of life from the worker for 25 s"},
      {"waiting",
       [](StageEvidence& e) {
         e.figures.waiting = true;
         e.figures.problem = "PostgreSQL: refused";
         e.figures.standing = Duration(60000);
       },
       StageState::waiting, "PostgreSQL: refused"},
      {"frozen while it waited",
       [](StageEvidence& e) {
         e.figures.waiting = true;
         e.figures.silent = Duration(30000);
       },
       StageState::stalled, "no sign of life from the worker for 25 s"},
      {"paused", [](StageEvidence& e) { e.replicas = 0; }, StageState::paused, ""},
      {"scaled to zero and nothing to do",
       [](StageEvidence& e) {
         e.replicas = 0;
         e.scaled = true;
         e.pods = {};
       },
       StageState::idle, ""},
      {"scaled to zero and woken",
       [](StageEvidence& e) {
         e.replicas = 0;
         e.scaled = true;
         e.pods = {};
         e.figures.lag_records = 1;
       },
       StageState::starting, "no pod runs yet"},
      {"scaled beyond what the nodes take",
       [](StageEvidence& e) {
         e.scaled = true;
         e.pods.unschedulable = 1;
         e.pods.problem = e.pods.unschedulable_why = "pod x: Unschedulable: 0/1 nodes";
       },
       StageState::idle, ""},
      {"fixed beyond what the nodes take",
       [](StageEvidence& e) {
         e.pods.unschedulable = 1;
         e.pods.problem = e.pods.unschedulable_why = "pod x: Unschedulable: 0/1 nodes";
       },
       StageState::failing, "pod x: Unschedulable: 0/1 nodes"},
      {"a pod fails", [](StageEvidence& e) { e.pods.problem = "pod x: OOMKilled"; }, StageState::failing,
       "pod x: OOMKilled"},
      {"Kafka is away",
       [](StageEvidence& e) {
         e.kafka_reachable = false;
         e.kafka_problem = "no broker answers";
       },
       StageState::waiting, "waits for Kafka: no broker answers"},
      {"Kafka is not there yet",
       [](StageEvidence& e) {
         e.kafka_reachable = false;
         e.kafka_problem = "0 of 1 nodes are ready";
         e.pods = {};
       },
       StageState::starting, "waits for Kafka: 0 of 1 nodes are ready"},
      {"no pods", [](StageEvidence& e) { e.pods = {}; }, StageState::starting, "no pod runs yet"},
      {"not ready", [](StageEvidence& e) { e.pods.ready = 0; }, StageState::starting, "no pod is ready"},
      {"nothing known", [](StageEvidence& e) { e.figures = {}; }, StageState::starting,
       "nothing is known about its progress yet"},
      {"a source without pods",
       [](StageEvidence& e) {
         e.kind = "source";
         e.pods.ready = 0;
       },
       StageState::starting, "no pod is ready; the pods' logs say why"},
      {"a source that takes records in",
       [](StageEvidence& e) {
         e.kind = "source";
         e.append_rate = 3;
       },
       StageState::flowing, ""},
      {"a source of files that waits for its volume",
       [](StageEvidence& e) {
         e.kind = "source";
         e.pods.ready = 0;
         e.figures.waiting = true;
         e.figures.problem = "Volume: in/: away";
       },
       StageState::waiting, "Volume: in/: away"},
      {"a source of files that is frozen",
       [](StageEvidence& e) {
         e.kind = "source";
         e.figures.silent = Duration(25000);
       },
       StageState::stalled, "no sign of life from the worker for 25 s"},
      {"a source without clients", [](StageEvidence& e) { e.kind = "source"; }, StageState::idle, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    StageEvidence evidence = healthy();
    row.change(evidence);
    const StageVerdict verdict = judge(evidence);
    CHECK(verdict.state == row.state);
    CHECK(verdict.message == row.message);
  }
}

TEST_CASE("the worst stage decides whether a pipeline is ready") {
  const NamedVerdict idle{"a", "source", {StageState::idle, ""}};
  const NamedVerdict flowing{"b", "processor", {StageState::flowing, ""}};
  const NamedVerdict waiting{"c", "sink", {StageState::waiting, "PostgreSQL: refused"}};
  const NamedVerdict stalled{"d", "processor", {StageState::stalled, "records wait"}};
  CHECK(judge_all({idle}).ready);
  CHECK(judge_all({idle}).reason == "Idle");
  CHECK(judge_all({idle, flowing}).reason == "Flowing");
  CHECK_FALSE(judge_all({idle, waiting, flowing}).ready);
  CHECK(judge_all({idle, waiting, flowing}).message == "sink c: PostgreSQL: refused");
  CHECK(judge_all({waiting, stalled}).reason == "Stalled");
  CHECK_FALSE(judge_all({}).ready);
}
