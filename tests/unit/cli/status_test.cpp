#include <doctest/doctest.h>

#include "cli/view.h"
#include "cli/yaml.h"

using namespace tidegate;
using namespace tidegate::cli;

namespace {

const WallTime kNow{std::chrono::seconds(1'767'225'600)};  // 2026-01-01T00:00:00Z

Json yaml(const std::string& text) {
  return parse_yaml(text)->front();
}

// The processors are listed against the flow; `clean` feeds `late`.
Json flights() {
  return yaml(R"(
metadata:
  name: flights
  namespace: demo
  generation: 2
  managedFields: [{manager: tidegate-status, time: "2025-12-31T23:59:48Z"}]
spec:
  sources: [{name: intake, to: departures}]
  processors:
    - {name: late, from: [clean], to: late-flights}
    - {name: tidy, from: [departures], to: clean}
  sinks: [{name: warehouse, from: late-flights}]
status:
  observedGeneration: 2
  kafka: {bootstrapServers: "flights-kafka.demo:9092"}
  conditions:
    - {type: Ready, status: "False", reason: Waiting, message: "stage warehouse waits"}
    - {type: Reconciling, status: "False", reason: Done, message: ""}
  stages:
    - {name: warehouse, kind: sink, state: Waiting, message: "PostgreSQL: connection refused", replicas: 1, readyReplicas: 0,
       rateIn: 0, lagRecords: 12000, lagSeconds: 130, deadLetters: 3}
    - {name: intake, kind: source, state: Flowing, replicas: 1, readyReplicas: 1, rateOut: 10000}
    - {name: tidy, kind: processor, state: Flowing, replicas: 2, readyReplicas: 2, rateIn: 9900, rateOut: 0.5, lagRecords: 0,
       lagSeconds: 0.4, deadLetters: 0}
)");
}

const OperatorView kAlive{"tidegate-system/tidegate-operator", ""};

}  // namespace

TEST_CASE("status shows the stages in flow order and what is wrong below its stage") {
  CHECK(render_text(view_pipeline(flights(), kNow), kAlive) ==
        "demo/flights  NOT READY (Waiting): stage warehouse waits\n"
        "status of 12 s ago, Kafka flights-kafka.demo:9092\n"
        "\n"
        "STAGE      KIND       STATE    PODS   IN/s   OUT/s     LAG  BEHIND  DEAD  ROUTE\n"
        "intake     source     Flowing   1/1      -  10,000       -       -     -  -> departures\n"
        "tidy       processor  Flowing   2/2  9,900     0.5       0   0.4 s     0  departures -> clean\n"
        "late       processor  Unknown   ?/?      ?       ?       ?       ?     ?  clean -> late-flights\n"
        "warehouse  sink       Waiting   0/1      0       -  12,000   2 min     3  late-flights ->\n"
        "  ^ PostgreSQL: connection refused\n"
        "  ^ dead letters in tidegate.demo.flights.warehouse.dead-letters\n");
}

TEST_CASE("a pipeline that the operator has not seen is unknown and not ready") {
  Json fresh = flights();
  fresh.erase("status");
  const PipelineView view = view_pipeline(fresh, kNow);
  CHECK(view.ready.status == "Unknown");
  CHECK(render_text(view, kAlive).find("readiness unknown (NotYetObserved)") != std::string::npos);
}

TEST_CASE("a stalled spec and a spec not looked at yet are said") {
  Json pipeline = flights();
  pipeline["metadata"]["generation"] = 3;
  pipeline["status"]["conditions"].push_back(
      Json::object({{"type", "Stalled"}, {"status", "True"}, {"reason", "InvalidQuery"}, {"message", "spec.x: bad"}}));
  const std::string text = render_text(view_pipeline(pipeline, kNow), kAlive);
  CHECK(text.find("Stalled (InvalidQuery): spec.x: bad\n") != std::string::npos);
  CHECK(text.find("has not been looked at yet") != std::string::npos);
  CHECK(text.find("Reconciling") == std::string::npos);  // False is not shown
}

TEST_CASE("problems that the operator lists are shown with their stage") {
  Json pipeline = flights();
  pipeline["status"]["problems"].push_back(
      Json::object({{"stage", "late"},
                    {"reason", "CollapsedOutput"},
                    {"severity", "critical"},
                    {"message", "processor late: no output for 40 s; compare the fields"}}));
  const PipelineView view = view_pipeline(pipeline, kNow);
  CHECK(render_text(view, kAlive)
            .find("CRITICAL CollapsedOutput: processor late: no output for 40 s; compare the fields\n") !=
        std::string::npos);
  CHECK(render_json(view, kAlive).at("problems/0/stage").as_string() == "late");
}

TEST_CASE("processors on a cycle are all shown once") {
  Json pipeline = flights();
  pipeline["spec"]["processors"] = yaml("[{name: a, from: [x], to: y}, {name: b, from: [y], to: x}]");
  CHECK(view_pipeline(pipeline, kNow).stages.size() == 4);
}

TEST_CASE("the operator is alive while its Lease is renewed") {
  Json lease =
      yaml(R"(spec: {holderIdentity: op-1, leaseDurationSeconds: 15, renewTime: "2025-12-31T23:59:31.250000Z"})");
  CHECK(view_operator("ns/l", lease, "", kNow).problem.empty());  // 29 s old
  lease["spec"]["renewTime"] = "2025-12-31T23:59:00.000000Z";
  CHECK(view_operator("ns/l", lease, "", kNow).problem ==
        "the operator op-1 has not renewed its Lease for 60 s: nobody watches the pipelines");
  lease["spec"]["holderIdentity"] = "";
  CHECK(view_operator("ns/l", lease, "", kNow).problem == "no operator holds the Lease");
  CHECK(view_operator("ns/l", nullptr, "leases \"l\" not found", kNow).problem ==
        "cannot tell whether the operator lives: leases \"l\" not found");
}

TEST_CASE("a stale Lease is the first line of the status") {
  const std::string text = render_text(view_pipeline(flights(), kNow), {"ns/l", "nobody watches"});
  CHECK(text.find("WARNING: nobody watches (Lease ns/l)\n") == 0);
}

TEST_CASE("the JSON form leaves unknown figures out") {
  const Json json = render_json(view_pipeline(flights(), kNow), kAlive);
  CHECK(json.at("ready/reason").as_string() == "Waiting");
  CHECK(json.at("statusAgeSeconds").as_int() == 12);
  CHECK(json.at("stages/0/name").as_string() == "intake");
  CHECK(json.at("stages/3/lagRecords").as_int() == 12000);
  CHECK_FALSE(json.at("stages/2").has("lagRecords"));
  CHECK_FALSE(json.at("operator").has("problem"));
}
