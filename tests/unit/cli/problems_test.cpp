#include "cli/problems.h"

#include <doctest/doctest.h>

#include "cli/yaml.h"

using namespace tidegate;
using namespace tidegate::cli;

namespace {

const WallTime kNow{std::chrono::seconds(1'767'225'600)};  // 2026-01-01T00:00:00Z

Json yaml(const std::string& text) {
  return parse_yaml(text)->front();
}

Json pipeline(const std::string& status) {
  Json object = yaml(R"(
kind: Pipeline
metadata: {name: fraud, namespace: shop, creationTimestamp: "2025-12-31T20:00:00Z"}
)");
  if (!status.empty()) object["status"] = yaml(status);
  return object;
}

std::vector<std::string> reasons(const Json& object) {
  std::vector<std::string> out;
  for (const Problem& problem : problems_of(object, kNow)) out.push_back(problem.reason);
  return out;
}

using Reasons = std::vector<std::string>;

}  // namespace

TEST_CASE("problems are taken as the operator lists them") {
  const auto problems = problems_of(pipeline(R"(
conditions: [{type: Ready, status: "True"}, {type: Healthy, status: "False", reason: SchemaDrift}]
problems:
  - {stage: score, reason: SchemaDrift, severity: critical, subject: amount, message: "amount is null; see upstream", since: "2025-12-31T23:50:00Z"}
  - {reason: Refused, severity: warning, message: "spec.x: bad"}
)"),
                                    kNow);
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].stage == "score");
  CHECK(problems[0].subject == "amount");
  CHECK(problems[0].since == WallTime(kNow - std::chrono::minutes(10)));
  CHECK(problems[1].stage.empty());
  CHECK_FALSE(problems[1].since.has_value());
}

TEST_CASE("the condition Healthy counts when no problem is listed") {
  CHECK(reasons(pipeline(R"(conditions: [{type: Ready, status: "False"}, {type: Healthy, status: "True"}])")).empty());
  CHECK(reasons(pipeline(R"(conditions: [{type: Healthy, status: "False", reason: Slow}])")) == Reasons{"Slow"});
}

TEST_CASE("an older operator is read through states and conditions") {
  CHECK(reasons(pipeline(R"(
conditions:
  - {type: Ready, status: "False", reason: Waiting, message: "stage out waits", lastTransitionTime: "2025-12-31T23:59:00Z"}
  - {type: Stalled, status: "True", reason: InvalidQuery, message: "spec.processors[0].sql: bad"}
stages: [{name: score, state: Flowing}, {name: out, state: Waiting, message: "PostgreSQL: connection refused"}]
)")) == Reasons{"Refused", "Waiting"});
  CHECK(reasons(pipeline(R"(conditions: [{type: Ready, status: "True", reason: Flowing}])")).empty());
  CHECK(reasons(pipeline(R"(conditions: [{type: Ready, status: "False", reason: Paused}])")).empty());
}

TEST_CASE("a start is a problem once it takes too long") {
  const auto since = [](const std::string& time) {
    return reasons(pipeline(R"(conditions: [{type: Ready, status: "False", reason: Starting, lastTransitionTime: ")" +
                            time + R"("}])"));
  };
  CHECK(since("2025-12-31T23:51:00Z").empty());
  CHECK(since("2025-12-31T23:49:00Z") == Reasons{"NotReady"});
}

TEST_CASE("an object without any status is a problem once the operator should have seen it") {
  CHECK(reasons(pipeline("")) == Reasons{"NotReady"});
  Json fresh = pipeline("");
  fresh["metadata"]["creationTimestamp"] = "2025-12-31T23:59:30Z";
  CHECK(reasons(fresh).empty());
}

TEST_CASE("critical problems come first and then the older ones") {
  const auto problem = [](const char* reason, const char* severity, std::int64_t minutes) {
    Problem out;
    out.reason = reason;
    out.severity = severity;
    out.since = kNow - std::chrono::minutes(minutes);
    return out;
  };
  std::vector<Problem> problems = {problem("c", "warning", 90), problem("b", "critical", 1),
                                   problem("a", "critical", 5)};
  sort_worst_first(problems);
  CHECK(problems[0].reason == "a");
  CHECK(problems[1].reason == "b");
  CHECK(problems[2].reason == "c");
}

TEST_CASE("a problem is one line that kubectl can go on from") {
  Problem drift{"shop",
                "Pipeline",
                "fraud",
                "score",
                "SchemaDrift",
                "critical",
                "processor score: amount is\nnull\x1b[2J; look upstream",
                kNow - std::chrono::seconds(90)};
  Problem disk{"shop", "KafkaCluster", "main", "", "DiskFilling", "warning", "12 % free; raise retention", {}};
  CHECK(render_problems({drift, disk}, 5, "", kNow) ==
        "SEVERITY  NAMESPACE  NAME       STAGE  PROBLEM      SINCE  WHAT, AND WHAT TO DO\n"
        "critical  shop       tgp/fraud  score  SchemaDrift   90 s  amount is null [2J; look upstream\n"
        "warning   shop       tgk/main   -      DiskFilling      ?  12 % free; raise retention\n");
}

TEST_CASE("nothing wrong is said with what was looked at") {
  CHECK(render_problems({}, 1, "", kNow) == "no problem in 1 object\n");
  CHECK(render_problems({}, 3, "no operator holds the Lease", kNow).find("WARNING: no operator holds the Lease;") == 0);
}

TEST_CASE("problems for programs name their object") {
  Problem drift{"shop", "Pipeline", "fraud", "score", "SchemaDrift", "critical", "amount is null", kNow};
  const Json json = problems_json({drift}, 2, "stale");
  CHECK(json.at("warning").as_string() == "stale");
  CHECK(json.at("lookedAt").as_int() == 2);
  const Json& entry = json.at("problems/0");
  CHECK(entry.at("namespace").as_string() == "shop");
  CHECK(entry.at("kind").as_string() == "Pipeline");
  CHECK(entry.at("stage").as_string() == "score");
  CHECK(entry.at("since").as_string() == "2026-01-01T00:00:00Z");
  CHECK_FALSE(entry.has("subject"));
  drift.subject = "amount";
  CHECK(problems_json({drift}, 2, "").at("problems/0/subject").as_string() == "amount");
}
