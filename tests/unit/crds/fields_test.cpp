#include "crds/fields.h"

#include <doctest/doctest.h>

#include "crds/graph.h"
#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::crds;

namespace {

// What is wrong with the pipeline when its topic `payments` has this value; "" when nothing is.
std::string problem_with(const std::string& value, Json spec = fraud_spec()) {
  Json topic = spec.at("topics/0");
  topic["value"] = json(value);
  spec["topics"] = Json::array({topic});
  const auto parsed = pipeline_from_json(spec);
  if (!parsed) return parsed.error().message;
  const auto checked = check_graph(*parsed);
  return checked ? "" : checked.error().message;
}

const std::string kCard = R"({"name": "card", "type": "VARCHAR", "required": true})";

std::string with_card(const std::string& field) {
  return problem_with("{\"fields\": [" + kCard + ", " + field + "]}");
}

bool says(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("fields of every kind are accepted") {
  CHECK(with_card(R"({"name": "city", "type": "VARCHAR", "path": "address.city"})") == "");
  CHECK(with_card(R"({"name": "items", "type": "JSON"})") == "");
  CHECK(with_card(R"({"name": "ts", "type": "TIMESTAMP", "unit": "ms"})") == "");
  CHECK(with_card(R"({"name": "k", "type": "VARCHAR", "from": "key"})") == "");
  CHECK(with_card(R"({"name": "trace", "type": "VARCHAR", "header": "trace-id"})") == "");
}

TEST_CASE("fields that cannot be are refused by name") {
  CHECK(with_card(R"({"name": "x", "type": "VARCHAR", "path": "a", "from": "key"})") ==
        "spec.topics[payments].value.fields[x]: give one of path, from and header");
  CHECK(says(with_card(R"({"name": "x", "type": "BIGINT", "unit": "ms"})"), "unit is for a TIMESTAMP"));
  CHECK(says(with_card(R"({"name": "x", "type": "TIMESTAMP", "from": "timestamp", "unit": "ms"})"), "unit is for"));
  CHECK(says(with_card(R"({"name": "x", "type": "BIGINT", "from": "timestamp"})"), "must be of type TIMESTAMP"));
  CHECK(says(with_card(R"({"name": "x", "type": "BIGINT", "header": "h"})"), "must be of type VARCHAR"));
  CHECK(says(with_card(R"({"name": "x", "type": "VARCHAR", "from": "topic"})"), "must be one of key, timestamp"));
  CHECK(says(with_card(R"({"name": "x", "type": "TIMESTAMP", "unit": "ns"})"), "must be one of s, ms, us"));
  CHECK(says(with_card(R"({"name": "x", "type": "VARCHAR", "path": "items[0].id"})"), "json_extract"));
  CHECK(says(with_card(R"({"name": "x", "type": "VARCHAR", "path": "a..b"})"), "a dot between them"));
  CHECK(says(with_card(R"({"name": "x", "type": "VARCHAR", "path": "1.2.3.4.5.6.7.8.9"})"), "more than 8"));
  CHECK(says(with_card(R"({"name": "x", "type": "VARCHAR", "path": "card.x"})"), "part of that of field 'card'"));
}

TEST_CASE("formats") {
  CHECK(problem_with("{\"format\": \"csv\", \"delimiter\": \";\", \"fields\": [" + kCard + "]}") == "");
  CHECK(problem_with("{\"format\": \"text\", \"fields\": [" + kCard + "]}") == "");
  CHECK(says(problem_with("{\"format\": \"avro\", \"fields\": [" + kCard + "]}"), "write JSON"));
  CHECK(says(problem_with("{\"format\": \"xml\", \"fields\": [" + kCard + "]}"), "must be one of json, csv, text"));
  CHECK(says(problem_with("{\"delimiter\": \";\", \"fields\": [" + kCard + "]}"), "only for format csv"));
  CHECK(says(problem_with("{\"format\": \"csv\", \"delimiter\": \"\\n\", \"fields\": [" + kCard + "]}"), "one ASCII"));
  CHECK(says(problem_with("{\"format\": \"text\", \"fields\": [" + kCard + R"(, {"name": "b", "type": "VARCHAR"}]})"),
             "one field for the whole value"));
  CHECK(says(problem_with("{\"format\": \"csv\", \"fields\": [" + kCard + R"(, {"name": "b", "type": "JSON"}]})"),
             "use VARCHAR"));
}

TEST_CASE("a source makes the key of the value") {
  CHECK(says(problem_with(R"({"fields": [{"name": "card", "type": "VARCHAR", "from": "key"}]})"),
             "spec.topics[payments].key: 'card' is no part"));
}

TEST_CASE("processors write flat JSON and http sinks post it") {
  Json spec = fraud_spec();
  const auto alerts = [&](const std::string& value) {
    spec["topics"] = Json::array({fraud_spec().at("topics/0"), json(R"({"name": "alerts", "partitions": 1})")});
    Json topic = spec.at("topics/1");
    topic["value"] = json(value);
    spec["topics"] = Json::array({spec.at("topics/0"), topic});
    const auto checked = check_graph(*pipeline_from_json(spec));
    return checked ? "" : checked.error().message;
  };
  CHECK(alerts(
            R"({"fields": [{"name": "card", "type": "VARCHAR"}, 
      {"name": "at", "type": "TIMESTAMP", "from": "timestamp"}]})") == "");
  CHECK(says(alerts(R"({"fields": [{"name": "card", "type": "VARCHAR", "path": "a.b"}]})"), "write flat JSON"));
  CHECK(says(alerts(R"({"format": "text", "fields": [{"name": "card", "type": "VARCHAR"}]})"), "write flat JSON"));
  Json posted = fraud_spec();
  posted["sinks"] = json(R"([{"name": "hook", "from": "payments", "http": {"url": "http://example.com/"}}])");
  CHECK(says(problem_with("{\"format\": \"csv\", \"fields\": [" + kCard + "]}", posted), "put a processor in between"));
  posted["sinks"] = json(R"([{"name": "lake", "from": "payments", "s3": {"endpoint": "https://s3", "region": "eu",
    "bucket": "lake", "accessKeyIdSecretRef": {"name": "s3", "key": "id"}, "secretAccessKeySecretRef": {"name": "s3", "key": "s"}}}])");
  CHECK(says(problem_with("{\"format\": \"csv\", \"fields\": [" + kCard + "]}", posted),
             "spec.sinks[lake].s3: takes records of format json"));
  Json scores = posted;
  scores["sinks"] = json(R"([{"name": "scores", "from": "payments", "container": {"image": "scorer"}}])");
  CHECK(says(problem_with("{\"format\": \"csv\", \"fields\": [" + kCard + "]}", scores),
             "spec.sinks[scores].container: takes records of format json"));
  posted["sinks"] = json(R"([{"name": "out", "from": "payments", "file": {"volumeClaim": "archive"}}])");
  CHECK(says(problem_with("{\"format\": \"csv\", \"fields\": [" + kCard + "]}", posted),
             "spec.sinks[out].file: takes records of format json"));
  Json topic = posted.at("topics/0");
  topic["retention"] = "5m";
  posted["topics"] = Json::array({topic});
  CHECK(says(problem_with("{\"fields\": [" + kCard + "]}", posted), "shorter than the retention of topic 'payments'"));
}

TEST_CASE("the rows of a file must fit the topic") {
  const auto problem = [](const std::string& format, const std::string& value) {
    Json spec = fraud_spec();
    Json file = json(R"({"volumeClaim": "arrivals", "path": "*"})");
    if (!format.empty()) file["format"] = format;
    Json source = json(R"({"name": "in", "to": "payments"})");
    source["file"] = file;
    spec["sources"] = Json::array({source});
    return problem_with(value, spec);
  };
  const std::string flat = "{\"fields\": [" + kCard + "]}";
  const std::string csv = "{\"format\": \"csv\", \"fields\": [" + kCard + "]}";
  const std::string nested = "{\"fields\": [" + kCard + R"(, {"name": "b", "type": "VARCHAR", "path": "a.b"}]})";
  for (const char* format : {"", "ndjson", "csv", "parquet"}) CHECK(problem(format, flat) == "");
  CHECK(problem("csv", csv) == "");
  CHECK(problem("", nested) == "");
  CHECK(problem("ndjson", nested) == "");
  CHECK(problem("parquet", csv) ==
        "spec.sources[in].file.format: is parquet, and topic 'payments' is csv; leave it out: a record is a line");
  CHECK(says(problem("csv", nested), "has a field 'b' with a path, a unit or the type JSON: rows become flat JSON"));
}

TEST_CASE("fields survive JSON") {
  const std::vector<Field> fields{{"a", "JSON", false, "x.y", "", "", ""},
                                  {"t", "TIMESTAMP", true, "", "us", "", ""},
                                  {"k", "VARCHAR", false, "", "", "key", ""},
                                  {"h", "VARCHAR", false, "", "", "", "trace"}};
  CHECK(fields_from_json(to_json(fields)) == fields);
}
