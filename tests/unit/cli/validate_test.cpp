#include "cli/validate.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/yaml.h"
#include "tests/paths.h"

using namespace tidegate;
using namespace tidegate::cli;

namespace {

Json minimal() {
  std::ifstream file(source_path("examples/minimal.yaml"));
  return parse_yaml(std::string(std::istreambuf_iterator<char>(file), {}))->front();
}

// Stands in for the worker: every query returns the columns it is given here.
CheckQuery answering(Result<std::vector<crds::Field>> answer) {
  return [answer](const auto&) { return answer; };
}

std::string only_problem(const Json& object, const CheckQuery& check = {}) {
  const auto problems = validate(object, check);
  REQUIRE(problems.size() == 1);
  return problems.front();
}

}  // namespace

TEST_CASE("every example is valid") {
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_path("examples"))) {
    if (entry.path().extension() != ".yaml") continue;
    std::ifstream file(entry.path());
    const auto documents = parse_yaml(std::string(std::istreambuf_iterator<char>(file), {}));
    REQUIRE(documents.ok());
    for (const Json& object : *documents) {
      CAPTURE(entry.path().string());
      CHECK(validate(object, {}) == std::vector<std::string>{});
      ++seen;
    }
  }
  CHECK(seen >= 3);
}

TEST_CASE("the pipeline in the README is valid") {
  std::ifstream file(source_path("README.md"));
  const std::string readme(std::istreambuf_iterator<char>(file), {});
  const std::string opening = "```yaml\n";
  const std::size_t from = readme.find(opening) + opening.size();
  const auto documents = parse_yaml(readme.substr(from, readme.find("```", from) - from));
  REQUIRE(documents.ok());
  REQUIRE(documents->size() == 1);
  CHECK(documents->front().at("kind").as_string() == "Pipeline");
  CHECK(validate(documents->front(), {}) == std::vector<std::string>{});
}

TEST_CASE("a misspelt field is named with its path") {
  Json pipeline = minimal();
  pipeline["spec"]["processors"] = parse_yaml("[{name: a, from: [payments], sql: {qurey: x}, to: b}]")->front();
  const auto problems = validate(pipeline, {});
  REQUIRE(problems.size() == 2);
  CHECK(problems[0] == "spec.processors[0].sql.query: is missing");
  CHECK(problems[1] == "spec.processors[0].sql.qurey: unknown field");
}

TEST_CASE("types and enums and limits are checked as the API server does") {
  Json pipeline = minimal();
  pipeline["spec"]["paused"] = "yes";
  CHECK(only_problem(pipeline) == "spec.paused: must be of type boolean");
  pipeline = minimal();
  pipeline["spec"]["kafka"]["managed"]["replicas"] = 2;
  CHECK(only_problem(pipeline) == "spec.kafka.managed.replicas: must be one of [1,3]");
  pipeline = minimal();
  pipeline["spec"]["topics"] = Json::Array();
  CHECK(only_problem(pipeline) == "spec.topics: must not be empty");
}

TEST_CASE("references between stages are checked") {
  Json pipeline = minimal();
  pipeline["spec"]["sinks"] = parse_yaml("[{name: show, from: nowhere, log: {}}]")->front();
  CHECK(only_problem(pipeline).find("spec.sinks[0].from") == 0);
}

TEST_CASE("what the worker says about a query is shown at the query") {
  CHECK(only_problem(minimal(), answering(Error{"NotRowWise", "sum() is an aggregate"})) ==
        "spec.processors[0].sql.query: sum() is an aggregate (NotRowWise)");
}

TEST_CASE("keys must be columns of the query") {
  Json pipeline = minimal();
  pipeline["spec"]["processors"] =
      parse_yaml("[{name: large, from: [payments], sql: {query: q}, key: [card], to: large-payments}]")->front();
  CHECK(validate(pipeline, answering(std::vector<crds::Field>{{"card", "VARCHAR", false}})).empty());
  CHECK(only_problem(pipeline, answering(std::vector<crds::Field>{{"amount", "DOUBLE", false}}))
            .find("spec.processors[0].key: no column card") == 0);
}

TEST_CASE("other kinds are left alone and unknown kinds of ours are not") {
  CHECK(validate(parse_yaml("{apiVersion: v1, kind: Secret, anything: 1}")->front(), {}).empty());
  CHECK(only_problem(parse_yaml("{apiVersion: tidegate.io/v1alpha1, kind: Pipelines}")->front()) ==
        "kind: tidegate.io/v1alpha1 has no kind Pipelines");
}

TEST_CASE("stages that nobody declared are told") {
  std::ifstream file(source_path("examples/windows.yaml"));
  const auto documents = parse_yaml(std::string(std::istreambuf_iterator<char>(file), {}));
  REQUIRE(documents.ok());
  const auto said = remarks(documents->front());
  REQUIRE(said.size() == 1);
  CHECK(said[0].starts_with("an internal stage turnove-rekey-"));
  CHECK(said[0].ends_with("keys totals by shop for turnover"));
  CHECK(remarks(Json::object({{"kind", "Secret"}})).empty());
}
