#include "controllers/pipeline/schema.h"

#include <doctest/doctest.h>

#include "tests/unit/controllers/world.h"
#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::controllers;

namespace {

crds::PipelineSpec read(const Json& spec) {
  auto parsed = crds::pipeline_from_json(spec);
  REQUIRE(parsed.ok());
  return *parsed;
}

std::string error_of(const Json& spec) {
  FakeSqlCheck check;
  const auto fields = resolve_fields(read(spec), check);
  return fields.ok() ? "" : fields.error().message;
}

}  // namespace

TEST_CASE("a topic that only a processor names gets its querys columns") {
  FakeSqlCheck check;
  const auto fields = resolve_fields(read(crds::fraud_spec()), check);
  REQUIRE(fields.ok());
  CHECK(fields->at("payments").size() == 2);
  CHECK(fields->at("alerts") == std::vector<crds::Field>{{"card", "VARCHAR", false}, {"amount", "DOUBLE", false}});
}

TEST_CASE("keys must be columns declared fields must be given") {
  Json spec = crds::fraud_spec();
  SUBCASE("a processor's key") {
    Json processor = spec.at("processors/0");
    processor["key"] = Json::array({"iban"});
    spec["processors"] = Json::array({processor});
    CHECK(error_of(spec) == "spec.processors[score].key: no field 'iban'; there are card, amount");
  }
  SUBCASE("a sink's key") {
    Json sink = spec.at("sinks/1");
    sink["key"] = Json::array({"iban"});
    spec["sinks"] = Json::array({sink});
    CHECK(error_of(spec) == "spec.sinks[warehouse].key: no field 'iban'; there are card, amount");
  }
  SUBCASE("a declared field that the query does not give") {
    spec["topics"].push_back(crds::json(
        R"({"name": "alerts", "partitions": 1, "value": {"fields": [{"name": "iban", "type": "VARCHAR"}]}})"));
    CHECK(
        error_of(spec).find("topic 'alerts' has a field 'iban' of type VARCHAR, but the query gives no such column") !=
        std::string::npos);
  }
  SUBCASE("a declared field of another type") {
    spec["topics"].push_back(
        crds::json(R"({"name": "alerts", "partitions": 1, "value": {"fields": [{"name": "card", "type": "DATE"}]}})"));
    CHECK(error_of(spec).find("of type DATE, but the query gives VARCHAR") != std::string::npos);
  }
  SUBCASE("a declared field that comes with Kafka") {
    spec["topics"].push_back(crds::json(
        R"({"name": "alerts", "partitions": 1,
            "value": {"fields": [{"name": "at", "type": "TIMESTAMP", "from": "timestamp"}]}})"));
    spec["sinks"] = Json::array({spec.at("sinks/0")});
    CHECK(error_of(spec) == "");
  }
  SUBCASE("all in order") {
    CHECK(error_of(spec) == "");
  }
}
