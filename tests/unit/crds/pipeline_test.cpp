#include "crds/pipeline.h"

#include <doctest/doctest.h>

#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::crds;

namespace {

std::string error_of(const Json& spec) {
  const auto parsed = pipeline_from_json(spec);
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.error().reason == "InvalidSpec");
  return parsed.error().message;
}

}  // namespace

TEST_CASE("a whole pipeline is read") {
  const auto spec = pipeline_from_json(fraud_spec());
  REQUIRE(spec.ok());
  REQUIRE(spec->kafka.managed);
  CHECK(spec->kafka.managed->storage_size == "1Gi");
  CHECK(spec->kafka.managed->replicas == 1);
  const Topic* payments = spec->topic("payments");
  REQUIRE(payments);
  CHECK(payments->partitions == 4);
  CHECK(payments->retention == Duration(168LL * 3600 * 1000));
  CHECK(payments->fields == std::vector<Field>{{"card", "VARCHAR", true}, {"amount", "DOUBLE", false}});
  CHECK(spec->sources.at(0).token->key == "token");
  CHECK(spec->processors.at(0).from == "payments");
  CHECK(spec->processors.at(0).start == Start::earliest);
  CHECK_FALSE(spec->sinks.at(0).postgres);
  CHECK(spec->sinks.at(1).postgres->dsn.name == "pg");
  CHECK(spec->sinks.at(1).resources.memory_limit == "512Mi");
  CHECK(spec->topic("alerts") == nullptr);
}

TEST_CASE("an external Kafka with TLS and SASL is read") {
  Json spec = fraud_spec();
  spec["kafka"] =
      json(R"({"external": {"bootstrapServers": "k1:9093", "tls": {"caSecretRef": {"name": "ca", "key": "ca.crt"}},
    "sasl": {"mechanism": "SCRAM-SHA-512", "usernameSecretRef": {"name": "u", "key": "user"},
             "passwordSecretRef": {"name": "u", "key": "password"}}}})");
  const auto parsed = pipeline_from_json(spec);
  REQUIRE(parsed.ok());
  CHECK(parsed->kafka.external->tls);
  CHECK(parsed->kafka.external->ca->name == "ca");
  CHECK(parsed->kafka.external->sasl->password.key == "password");
}

TEST_CASE("objectives and scale and rate limits are read") {
  Json spec = fraud_spec();
  spec["objectives"] = json(R"({"latency": "1m30s", "throughput": 2000})");
  spec["processors"] = json(R"([{"name": "score", "from": ["payments"], "to": "alerts", "sql": {"query": "SELECT 1"},
    "scale": {"min": 0, "max": 8}, "rateLimit": 500}])");
  const auto parsed = pipeline_from_json(spec);
  REQUIRE(parsed.ok());
  CHECK(parsed->objectives.latency == Duration(90'000));
  CHECK(parsed->objectives.throughput == 2000);
  CHECK(parsed->processors[0].scale->min == 0);
  CHECK(parsed->processors[0].scale->max == 8);
  CHECK(parsed->processors[0].rate_limit == 500);
  CHECK_FALSE(parsed->processors[0].exactly_once);
  CHECK_FALSE(parsed->sinks[0].scale);
  CHECK(parsed->sinks[0].replicas == 1);
  CHECK(parsed->sinks[0].rate_limit == 0);
}

TEST_CASE("a processor's delivery") {
  Json spec = fraud_spec();
  const auto with = [&](const char* delivery) {
    Json processor = spec.at("processors/0");
    processor["delivery"] = delivery;
    spec["processors"] = Json::array({processor});
    return pipeline_from_json(spec);
  };
  CHECK(with("exactly-once")->processors[0].exactly_once);
  CHECK_FALSE(with("at-least-once")->processors[0].exactly_once);
  CHECK_FALSE(with("at-most-once").ok());
}

TEST_CASE("mistakes about scaling name the field") {
  Json spec = fraud_spec();
  const auto with_source = [&](const char* scale) {
    spec["sources"] = Json::array({json(R"({"name": "intake", "to": "payments", "http": {}})")});
    Json source = spec.at("sources/0");
    source["scale"] = json(scale);
    spec["sources"] = Json::array({source});
    return error_of(spec);
  };
  CHECK(with_source(R"({"min": 0, "max": 2})") == "spec.sources[0].scale.min: must be at least 1");
  CHECK(with_source(R"({"min": 3, "max": 2})") == "spec.sources[0].scale.min: must not exceed max");
  CHECK(with_source(R"({"min": 1})") == "spec.sources[0].scale.max: is missing");
  spec = fraud_spec();
  spec["objectives"] = json(R"({"latency": "100ms"})");
  CHECK(error_of(spec) == "spec.objectives.latency: must be from 1s to 24h, in Go's units h, m, s and ms");
  spec["objectives"] = json(R"({"latency": "soon"})");
  CHECK(error_of(spec).rfind("spec.objectives.latency: ", 0) == 0);
  spec = fraud_spec();
  spec["sinks"] = json(R"([{"name": "show", "from": "alerts", "log": {}, "replicas": 1, "scale": {"max": 2}}])");
  CHECK(error_of(spec) == "spec.sinks[0]: give replicas (a fixed number) or scale (the operator chooses), not both");
}

TEST_CASE("an s3 sink") {
  Json spec = fraud_spec();
  spec["sinks"] = json(R"([{"name": "lake", "from": "alerts", "s3": {"endpoint": "https://s3", "region": "eu",
    "bucket": "lake", "prefix": "raw", "format": "parquet", "maxAge": "90s", "accessKeyIdSecretRef": {"name": "s3", "key": "id"},
    "secretAccessKeySecretRef": {"name": "s3", "key": "secret"}}}])");
  const auto parsed = pipeline_from_json(spec);
  REQUIRE(parsed.ok());
  const S3Target& s3 = *parsed->sinks[0].s3;
  CHECK(s3.path_style);
  CHECK(s3.objects.prefix == "raw");
  CHECK(s3.objects.format == "parquet");
  CHECK(s3.objects.compression == "none");
  CHECK(s3.objects.max_age == Duration(90'000));
  CHECK(s3.objects.max_bytes == 16 << 20);
  CHECK(s3.secret_access_key.key == "secret");
}

TEST_CASE("a container sink") {
  Json spec = fraud_spec();
  spec["sinks"] = json(R"([{"name": "scores", "from": "alerts", "container": {"image": "scorer:1",
    "env": [{"name": "MODEL", "value": ""}, {"name": "TOKEN", "valueSecretRef": {"name": "s", "key": "t"}}]}}])");
  const auto parsed = pipeline_from_json(spec);
  REQUIRE(parsed.ok());
  const Sink& sink = parsed->sinks[0];
  CHECK(sink.container->image == "scorer:1");
  CHECK(sink.container->command.empty());
  CHECK(sink.container->resources == Stage{}.resources);
  REQUIRE(sink.container->env.size() == 2);
  CHECK_FALSE(sink.container->env[0].secret);
  CHECK(sink.container->env[1].secret->key == "t");
  CHECK(sink.http->url == "http://127.0.0.1:8080/");
  CHECK(sink.http->format == "ndjson");
  CHECK(sink.http->max_records == 500);
  CHECK_FALSE(sink.http->token);
}

TEST_CASE("mistakes about a container name the field") {
  const auto with = [](const char* container) {
    Json spec = fraud_spec();
    Json sink = json(R"({"name": "scores", "from": "alerts"})");
    sink["container"] = json(container);
    spec["sinks"] = Json::array({sink});
    return error_of(spec);
  };
  CHECK(with("{}") == "spec.sinks[0].container.image: is missing");
  CHECK(with(R"({"image": "s", "env": [{"name": "A"}]})") ==
        "spec.sinks[0].container.env[0]: exactly one of value and valueSecretRef must be given");
  CHECK(with(R"({"image": "s", "port": 9400})") ==
        "spec.sinks[0].container.port: 9400 is taken by the stage's metrics");
  CHECK(with(R"({"image": "s", "path": "in"})") == "spec.sinks[0].container.path: must begin with /");
  CHECK(with(R"({"image": "s", "maxRecords": 0})") == "spec.sinks[0].container.maxRecords: must be at least 1");
}

TEST_CASE("files in both directions") {
  Json spec = fraud_spec();
  spec["sources"] = json(R"([{"name": "in", "to": "payments",
    "file": {"volumeClaim": "arrivals", "path": "in/*.csv", "format": "csv", "rateLimit": 500}}])");
  spec["sinks"] = json(
      R"([{"name": "out", "from": "alerts", "file": {"volumeClaim": "archive", "path": "raw", "maxAge": "10s"}}])");
  const auto parsed = pipeline_from_json(spec);
  REQUIRE(parsed.ok());
  const Source& source = parsed->sources[0];
  CHECK_FALSE(source.takes_requests());
  CHECK(source.file->volume_claim == "arrivals");
  CHECK(source.file->path == "in/*.csv");
  CHECK(source.file->format == "csv");
  CHECK(source.rate_limit == 500);
  const Sink& sink = parsed->sinks[0];
  CHECK(sink.file->volume_claim == "archive");
  CHECK(sink.objects()->prefix == "raw");
  CHECK(sink.objects()->max_age == Duration(10'000));
  const auto with = [&](const std::string& member, const Json& value) {
    Json changed = spec.at("sources/0");
    changed[member] = value;
    spec["sources"] = Json::array({changed});
    return error_of(spec);
  };
  CHECK(with("replicas", 2) == "spec.sources[0].file: files are read one after the other: replicas must be 1");
}

TEST_CASE("mistakes name the field") {
  Json spec = fraud_spec();
  SUBCASE("two kinds of kafka") {
    spec["kafka"]["clusterRef"]["name"] = "shared";
    CHECK(error_of(spec) == "spec.kafka: exactly one of managed, clusterRef and external must be given");
  }
  SUBCASE("no kind of kafka") {
    spec["kafka"] = Json::Object{};
    CHECK(error_of(spec) == "spec.kafka: exactly one of managed, clusterRef and external must be given");
  }
  SUBCASE("a duration in days") {
    spec["topics"] = json(R"([{"name": "payments", "partitions": 1, "retention": "7d"}])");
    CHECK(error_of(spec).rfind("spec.topics[0].retention: '7d' is not a duration", 0) == 0);
  }
  SUBCASE("no partitions") {
    spec["topics"] = json(R"([{"name": "payments"}])");
    CHECK(error_of(spec) == "spec.topics[0].partitions: is needed, unless existing is true");
  }
  SUBCASE("a source of no kind") {
    spec["sources"] = json(R"([{"name": "in", "to": "payments"}])");
    CHECK(error_of(spec) == "spec.sources[0]: exactly one of http, kafka and file must be given");
  }
  SUBCASE("a kafka source that is scaled") {
    spec["sources"] = json(R"([{"name": "in", "to": "payments", "scale": {"max": 2},
      "kafka": {"bootstrapServers": "o:9092", "topic": "theirs"}}])");
    CHECK(error_of(spec) == "spec.sources[0].scale: is only for http; give replicas");
  }
  SUBCASE("a sink of no kind") {
    spec["sinks"] = json(R"([{"name": "show", "from": "alerts"}])");
    CHECK(error_of(spec) ==
          "spec.sinks[0]: exactly one of postgres, http, kafka, s3, file, container and log must be given");
  }
  SUBCASE("a parquet s3 sink with gzip") {
    spec["sinks"] = json(R"([{"name": "lake", "from": "alerts", "s3": {"endpoint": "https://s3", "region": "eu",
      "bucket": "lake", "format": "parquet", "compression": "gzip", "accessKeyIdSecretRef": {"name": "s3", "key": "id"},
      "secretAccessKeySecretRef": {"name": "s3", "key": "secret"}}}])");
    CHECK(error_of(spec) == "spec.sinks[0].s3.compression: is only for ndjson");
  }
  SUBCASE("an s3 sink without credentials") {
    spec["sinks"] = json(R"([{"name": "lake", "from": "alerts", "s3": {"endpoint": "https://s3", "region": "eu",
      "bucket": "lake"}}])");
    CHECK(error_of(spec) == "spec.sinks[0].s3.accessKeyIdSecretRef.name: is missing");
  }
  SUBCASE("a key on a log") {
    spec["sinks"] = json(R"([{"name": "show", "from": "alerts", "log": {}, "key": ["card"]}])");
    CHECK(error_of(spec) == "spec.sinks[0].key: is only for postgres");
  }
  SUBCASE("no query") {
    spec["processors"] = json(R"([{"name": "score", "from": ["payments"], "to": "alerts", "sql": {}}])");
    CHECK(error_of(spec) == "spec.processors[0].sql.query: is missing");
  }
  SUBCASE("an unknown engine") {
    spec["processors"] =
        json(R"([{"name": "s", "from": ["payments"], "to": "a", "sql": {"query": "SELECT 1", "engine": "flink"}}])");
    CHECK(error_of(spec) == "spec.processors[0].sql.engine: must be one of auto, native");
  }
  SUBCASE("text where a number belongs") {
    spec["sources"] = json(R"([{"name": "intake", "to": "payments", "replicas": "two", "http": {}}])");
    CHECK(error_of(spec) == "spec.sources[0].replicas: must be a whole number");
  }
}
