#include "worker/stage/settings.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "common/base/text.h"

using namespace tidegate;
using stage::parse_settings;

namespace {

Json processor() {
  return Json::parse(R"({"namespace": "shop", "pipeline": "fraud", "stage": "score", "kind": "processor",
    "kafka": {"bootstrapServers": "k:9092"}, "group": "g", "start": "latest",
    "input": {"topic": "payments", "fields": [{"name": "card", "type": "VARCHAR"}]},
    "output": {"topic": "alerts", "key": ["card"]}, "deadLetters": {"topic": "dead"},
    "sql": {"query": "SELECT 1"}})")
      .value();
}

}  // namespace

TEST_CASE("settings of a processor") {
  setenv("POD_NAME", "fraud-score-0", 1);
  const auto settings = parse_settings(processor().dump());
  REQUIRE(settings.ok());
  CHECK(settings->kind == stage::Kind::processor);
  CHECK(settings->input_topic == "payments");
  CHECK(settings->output_key == std::vector<std::string>{"card"});
  CHECK(settings->start == "latest");
  CHECK(settings->instance == "fraud-score-0");
  CHECK(settings->metrics_port == 9400);
}

TEST_CASE("tables come with the memory that they may take and not with a window") {
  Json json = processor();
  json["tables"] = Json::array({Json::object({{"topic", "cards"}})});
  CHECK_FALSE(parse_settings(json.dump()).ok());
  json["tablesMemory"] = 1000;
  const auto settings = parse_settings(json.dump());
  REQUIRE(settings.ok());
  CHECK(settings->tables == json.get("tables"));
  CHECK(settings->tables_memory == 1000);
  json["window"] = Json::object({{"tumbling", Json::object({{"size", 60000}})}});
  json["eventTime"] = Json::object({{"field", "ts"}, {"maxOutOfOrder", 0}, {"maxAhead", 1000}});
  json["input"]["key"] = Json::array({"card"});
  CHECK(parse_settings(json.dump()).error().message.find("tables") != std::string::npos);
}

TEST_CASE("sinks and sources") {
  Json sink = processor();
  sink["kind"] = "sink";
  sink["sink"] =
      Json::parse(R"({"postgres": {"table": "t", "key": ["a"], "createTable": true, "dsnFile": "/dsn"}})").value();
  const auto postgres = parse_settings(sink.dump());
  REQUIRE(postgres.ok());
  CHECK(postgres->postgres_sink->table == "t");
  CHECK(postgres->postgres_sink->create_table);
  CHECK_FALSE(postgres->log_sink);
  sink["sink"] = Json::parse(R"({"http": {"url": "https://h/in", "format": "json", "maxRecords": 7}})").value();
  const auto http = parse_settings(sink.dump());
  REQUIRE(http.ok());
  CHECK(http->http_sink->url == "https://h/in");
  CHECK(http->http_sink->array);
  CHECK(http->http_sink->max_records == 7);
  CHECK(http->http_sink->token_file.empty());
  sink["sink"] = Json::parse(R"({"kafka": {"bootstrapServers": "o:9092", "topic": "copies",
    "properties": {"sasl.password": "file:/p"}}})")
                     .value();
  const auto kafka = parse_settings(sink.dump());
  REQUIRE(kafka.ok());
  CHECK(kafka->kafka_sink->client.bootstrap_servers == "o:9092");
  CHECK(kafka->kafka_sink->client.properties.at("sasl.password") == "file:/p");  // read when it is needed
  CHECK(kafka->kafka_sink->topic == "copies");

  sink["sink"] = Json::parse(R"({"s3": {"endpoint": "https://s3", "region": "eu", "bucket": "lake", "pathStyle": true,
    "prefix": "raw", "format": "ndjson", "compression": "gzip", "maxRecords": 7, "maxBytes": 67108864,
    "maxAge": 60000, "accessKeyIdFile": "/id", "secretAccessKeyFile": "/key"}})")
                     .value();
  const auto s3 = parse_settings(sink.dump());
  REQUIRE(s3.ok());
  CHECK(s3->s3_sink->bucket == "lake");
  CHECK(s3->s3_sink->objects.gzip);
  CHECK_FALSE(s3->s3_sink->objects.parquet);
  CHECK(s3->s3_sink->objects.limits.bytes == 67108864);
  CHECK(s3->s3_sink->objects.limits.age == Duration{60'000});
  CHECK(state_identity(*s3) == "objects");
  CHECK(state_identity(*http).empty());
  sink["sink"]["s3"]["format"] = "avro";
  CHECK(parse_settings(sink.dump()).error().message == "stage.json: sink/s3/format must be ndjson or parquet");

  Json source = processor();
  source["kind"] = "source";
  source["output"]["fields"] = source.at("input/fields");
  source["source"] = Json::parse(R"({"http": {"port": 8081}})").value();
  const auto intake = parse_settings(source.dump());
  REQUIRE(intake.ok());
  CHECK(intake->http_source->port == 8081);
  CHECK(intake->http_source->token_file.empty());
  source["source"] = Json::parse(R"({"kafka": {"bootstrapServers": "o:9092", "topic": "theirs"}})").value();
  const auto other = parse_settings(source.dump());
  REQUIRE(other.ok());
  CHECK(other->input_topic == "theirs");
  CHECK(other->group == "g");
  CHECK(other->dead_letter_topic == "dead");
  CHECK(stage::input_cluster(*other)->bootstrap_servers == "o:9092");
  CHECK(stage::input_cluster(*postgres)->bootstrap_servers == "k:9092");
  source["rateLimit"] = 500;
  source["source"] = Json::parse(R"({"file": {"directory": "/files", "path": "in/*.csv", "format": "csv"}})").value();
  const auto files = parse_settings(source.dump());
  REQUIRE(files.ok());
  CHECK(files->file_source->directory == "/files");
  CHECK(files->file_source->path == "in/*.csv");
  CHECK(files->file_source->format == "csv");
  CHECK(files->rate_limit == 500);
  CHECK(files->group == "g");
  CHECK(files->dead_letter_topic == "dead");
  source["source"]["file"]["format"] = "avro";
  CHECK(parse_settings(source.dump()).error().message ==
        "stage.json: source/file/format must be ndjson, csv or parquet");
  source["source"] = Json::parse("{}").value();
  CHECK(parse_settings(source.dump()).error().message == "stage.json: source must hold http, kafka or file");
}

TEST_CASE("a rate limit is a whole number of records a second and absent it is none") {
  CHECK(parse_settings(processor().dump())->rate_limit == 0);
  Json limited = processor();
  limited["rateLimit"] = 5000;
  CHECK(parse_settings(limited.dump())->rate_limit == 5000);
  for (const Json& wrong : {Json(0), Json(-1), Json(1.5), Json("5000"), Json(10'000'001)}) {
    limited["rateLimit"] = wrong;
    const auto refused = parse_settings(limited.dump());
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message.find("rateLimit") != std::string::npos);
  }
}

TEST_CASE("delivery is at least once unless it is asked to be exactly once") {
  CHECK_FALSE(parse_settings(processor().dump())->exactly_once);
  Json settings = processor();
  settings["delivery"] = "exactly-once";
  CHECK(parse_settings(settings.dump())->exactly_once);
  settings["delivery"] = "at-most-once";
  const auto refused = parse_settings(settings.dump());
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message.find("delivery") != std::string::npos);
}

TEST_CASE("a complaint names the field") {
  const auto complaint = [](const std::string& parent, const std::string& member, Json value) {
    Json settings = processor();
    (parent.empty() ? settings : settings[parent])[member] = std::move(value);
    const auto parsed = parse_settings(settings.dump());
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().reason == "InvalidSettings");
    return parsed.error().message;
  };
  CHECK(complaint("", "group", "").find("group must be") != std::string::npos);
  CHECK(complaint("input", "topic", 7).find("input/topic") != std::string::npos);
  CHECK(complaint("input", "fields", Json::array(std::vector<std::string>{})).find("input/fields") !=
        std::string::npos);
  CHECK(complaint("output", "key", "card").find("output/key") != std::string::npos);
  CHECK(complaint("", "kind", "window").find("kind") != std::string::npos);
  CHECK(complaint("", "metricsPort", 70000).find("metricsPort") != std::string::npos);
  CHECK(complaint("kafka", "groupProtocol", "newest").find("kafka/groupProtocol") != std::string::npos);
  CHECK(complaint("kafka", "properties", Json::object({{"sasl.password", 1}})).find("sasl.password") !=
        std::string::npos);
}

TEST_CASE("a property that names a file holds its content without the line end") {
  std::string name = "/tmp/tidegate-settings-XXXXXX";
  close(mkstemp(name.data()));
  std::ofstream(name) << "geheim\n";
  Json settings = processor();
  settings["kafka"]["properties"] = Json::object({{"sasl.password", cat("file:", name)}});
  const auto parsed = parse_settings(settings.dump());
  unlink(name.c_str());
  REQUIRE(parsed.ok());
  CHECK(parsed->kafka.properties.at("sasl.password") == "geheim");
  const auto missing = parse_settings(settings.dump());
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().message.find("sasl.password") != std::string::npos);
}

TEST_CASE("a window needs the event time and the key of its input") {
  Json windowed = processor();
  windowed["window"] = Json::parse(R"({"tumbling": {"size": 60000}})").value();
  windowed["eventTime"] = Json::parse(R"({"field": "ts", "maxOutOfOrder": 0, "maxAhead": 0})").value();
  CHECK(parse_settings(windowed.dump()).error().message == "stage.json: input/key must be given with window");
  windowed["input"]["key"] = Json::array({"card"});
  const auto settings = parse_settings(windowed.dump());
  REQUIRE(settings.ok());
  CHECK(settings->window->window.size == 60'000'000);
  CHECK(settings->window->time.field == "ts");
  CHECK(settings->window->input_key == std::vector<std::string>{"card"});
  Json other = windowed;
  other["sql"]["query"] = "SELECT 2";  // its windows are rebuilt from the topic
  CHECK(parse_settings(other.dump())->window->identity == settings->window->identity);
  other["window"] = Json::parse(R"({"tumbling": {"size": 30000}})").value();
  CHECK(parse_settings(other.dump())->window->identity != settings->window->identity);
  other["window"] = Json::parse(R"({"session": {"gap": 30000, "maxDuration": 60000}})").value();
  CHECK(parse_settings(other.dump())->window->window.gap == 30'000'000);
  other["window"] = Json::parse(R"({"session": {"gap": 30001, "maxDuration": 60000}})").value();
  CHECK(parse_settings(other.dump()).error().message.find("session/maxDuration must be at least twice") !=
        std::string::npos);
  CHECK_FALSE(parse_settings(processor().dump())->window);
}

TEST_CASE("a stage before a window knows its event time and who writes its input") {
  CHECK_FALSE(parse_settings(processor().dump())->time);
  CHECK(parse_settings(processor().dump())->query_topic == "payments");
  Json before = processor();
  before["eventTime"] = Json::parse(R"({"field": "ts", "maxOutOfOrder": 0, "maxAhead": 0})").value();
  before["idle"] = Json::parse(R"({"timeout": 30000, "close": true})").value();
  before["sql"]["topic"] = "called";
  const auto outside = parse_settings(before.dump());
  REQUIRE(outside.ok());
  CHECK(outside->query_topic == "called");
  CHECK(outside->time->field->field == "ts");
  CHECK(outside->time->idle_timeout == Duration{30'000});
  CHECK(outside->time->close_when_idle);
  CHECK(outside->time->writers.empty());
  before.erase("idle");
  before.erase("eventTime");
  before["writers"] = Json::parse(R"([{"group": "g", "topic": "t"}])").value();
  const auto behind = parse_settings(before.dump());
  REQUIRE(behind.ok());
  CHECK_FALSE(behind->time->field);
  REQUIRE(behind->time->writers.size() == 1);
  CHECK(behind->time->writers[0].topic == "t");
  before["writers"] = Json::parse(R"([{"group": "g"}])").value();
  CHECK(parse_settings(before.dump()).error().message.find("writers") != std::string::npos);
}
