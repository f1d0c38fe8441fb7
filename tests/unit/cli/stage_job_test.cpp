#include "cli/stage_job.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace tidegate::cli;

namespace {

Json stage() {
  return *Json::parse(
      R"({"metadata": {"name": "fraud-score-1a2b", "namespace": "shop"}, "spec": {"replicas": 3, "template": {
    "metadata": {"labels": {"app.kubernetes.io/name": "tidegate-worker", "tidegate.io/stage": "score"}},
    "spec": {"securityContext": {"runAsNonRoot": true}, "volumes": [{"name": "stage"}],
      "containers": [{"name": "worker", "image": "tidegate:1", "command": ["tidegate-worker", "run"],
        "env": [{"name": "POD_NAME"}], "ports": [{"containerPort": 9400}], "livenessProbe": {}, "readinessProbe": {},
        "startupProbe": {}, "volumeMounts": [{"name": "stage"}]}]}}}})");
}

}  // namespace

TEST_CASE("a Job has what the stage has and is none of its pods") {
  const Json job = stage_job(stage(), "tidegate-letters-1", Json::object({{"action", "list"}}));
  CHECK(job.at("metadata/namespace").as_string() == "shop");
  CHECK(job.at("spec/backoffLimit").as_int() == 0);
  const Json& pod = job.at("spec/template");
  CHECK_FALSE(pod.at("metadata/labels").get("app.kubernetes.io/name") == Json("tidegate-worker"));
  CHECK(pod.at("metadata/labels").get("tidegate.io/stage").is_null());
  CHECK(pod.at("spec/restartPolicy").as_string() == "Never");
  CHECK(pod.at("spec/securityContext/runAsNonRoot").as_bool());
  CHECK(pod.at("spec/volumes") == stage().at("spec/template/spec/volumes"));
  const Json& container = pod.at("spec/containers/0");
  CHECK(container.get("image").as_string() == "tidegate:1");
  CHECK(container.at("command/1").as_string() == "letters");
  CHECK(container.at("command/5").as_string() == R"({"action":"list"})");
  for (const char* gone : {"ports", "livenessProbe", "readinessProbe", "startupProbe"}) {
    CAPTURE(gone);
    CHECK(container.get(gone).is_null());
  }
}

TEST_CASE("a container of the users runs in a Job that replays and in no other") {
  Json workload = stage();
  workload["spec"]["template"]["spec"]["initContainers"] = *Json::parse(R"([{"name": "user-container"}])");
  const auto pod = [&](const char* action) {
    return stage_job(workload, "tidegate-letters-1", Json::object({{"action", action}})).at("spec/template/spec");
  };
  CHECK(pod("replay").at("initContainers/0/name").as_string() == "user-container");
  for (const char* looks : {"list", "show", "tail"}) CHECK_FALSE(pod(looks).has("initContainers"));
}

TEST_CASE("the answer is found among log lines") {
  const auto answer = read_answer(
      "{\"level\":\"warn\",\"error\":\"a broker is away\"}\n{\"record\":{\"offset\":1}}\n"
      "noise\n{\"record\":{\"offset\":2}}\n{\"done\":{\"found\":2}}\n");
  REQUIRE(answer.ok());
  CHECK(answer->records.size() == 2);
  CHECK(answer->done.get("found").as_int() == 2);
}

TEST_CASE("what went wrong is told and silence is no answer") {
  const auto failed = read_answer("{\"error\":\"topic x does not exist\"}\n");
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().message == "topic x does not exist");
  CHECK_FALSE(read_answer("").ok());
  const auto ended = read_answer("{\"record\":{\"offset\":1}}\nKilled\n");
  REQUIRE_FALSE(ended.ok());
  CHECK(ended.error().message.find("Killed") != std::string::npos);
}
