#include "crds/pipeline.h"

#include "common/base/text.h"
#include "crds/parts.h"

namespace tidegate::crds {
namespace {

ExternalKafka read_external(const Reader& at) {
  ExternalKafka out;
  out.bootstrap_servers = at["bootstrapServers"].required_text();
  out.tls = at["tls"].present();
  if (at["tls"]["caSecretRef"].present()) out.ca = read_secret_ref(at["tls"]["caSecretRef"]);
  if (const Reader sasl = at["sasl"]; sasl.present()) {
    out.sasl = Sasl{sasl["mechanism"].required_text(), read_secret_ref(sasl["usernameSecretRef"]),
                    read_secret_ref(sasl["passwordSecretRef"])};
  }
  return out;
}

KafkaChoice read_kafka(const Reader& at) {
  KafkaChoice out;
  const int given = at["managed"].present() + at["clusterRef"].present() + at["external"].present();
  if (given != 1) at.fail("exactly one of managed, clusterRef and external must be given");
  if (at["managed"].present()) out.managed = read_kafka_cluster(at["managed"]);
  if (at["clusterRef"].present()) out.cluster_ref = at["clusterRef"]["name"].required_text();
  if (at["external"].present()) out.external = read_external(at["external"]);
  return out;
}

Duration read_duration(const Reader& at) {
  const auto duration = parse_duration(at.text());
  if (!duration) at.fail(duration.error().message);
  return duration ? *duration : Duration{0};
}

EventTime read_event_time(const Reader& at) {
  EventTime out;
  out.field = at["field"].required_text();
  out.max_out_of_order = at["maxOutOfOrder"].present() ? read_duration(at["maxOutOfOrder"]) : Duration{0};
  out.max_ahead = at["maxAhead"].present() ? read_duration(at["maxAhead"]) : Duration{std::chrono::hours(1)};
  if (at["idleTimeout"].present()) out.idle_timeout = read_duration(at["idleTimeout"]);
  if (out.idle_timeout && *out.idle_timeout < Duration{1000}) at["idleTimeout"].fail("must be at least 1s");
  out.close_when_idle = at["closeWhenIdle"].flag(false);
  if (out.close_when_idle && !out.idle_timeout) at["closeWhenIdle"].fail("needs idleTimeout");
  return out;
}

Duration read_window_span(const Reader& at, Duration least) {
  const Duration span = read_duration(at);
  if (span < least || span > std::chrono::hours(24)) {
    at.fail(cat("must be from ", std::to_string(least.count() / 1000), "s to 24h"));
  }
  return span;
}

Window read_window(const Reader& at) {
  Window out;
  if (at["tumbling"].present() + at["hopping"].present() + at["session"].present() != 1)
    at.fail("exactly one of tumbling, hopping and session must be given");
  constexpr Duration kLeast{1000};
  if (at["session"].present()) {
    const Reader session = at["session"];
    out.gap = read_window_span(session["gap"], kLeast);
    out.size = read_window_span(session["maxDuration"], 2 * kLeast);
    if (out.size < 2 * *out.gap) session["maxDuration"].fail("must be at least twice gap");
    return out;
  }
  const Reader kind = at["tumbling"].present() ? at["tumbling"] : at["hopping"];
  out.size = read_window_span(kind["size"], kLeast);
  if (at["hopping"].present()) {
    out.slide = read_duration(kind["slide"]);
    if (*out.slide < kLeast || out.size.count() % out.slide->count() != 0)
      kind["slide"].fail("must be at least 1s and go into size without a rest");
  }
  out.global = at["global"].flag(false);
  return out;
}

Field read_field(const Reader& at) {
  Field out{at["name"].required_text(), at["type"].required_text(), at["required"].flag(false), at["path"].text(),
            at["unit"].text(),          at["from"].text(),          at["header"].text()};
  at["unit"].choice({"s", "ms", "us"}, 0);
  at["from"].choice({"key", "timestamp", "partition", "offset"}, 0);
  return out;
}

void read_value(const Reader& at, Topic& out) {
  out.format = at["format"].text(out.format);
  if (out.format == "avro" || out.format == "protobuf") {
    at["format"].fail(
        "avro and protobuf are not supported; let the producer, or a converter before the topic, write JSON");
  }
  at["format"].choice({"json", "csv", "text"}, 0);
  out.delimiter = at["delimiter"].text(out.delimiter);
  if (out.delimiter.size() != 1 || out.delimiter.find_first_of("\"\r\n") != std::string::npos)
    at["delimiter"].fail("must be one ASCII character, neither a quote nor a line end");
  if (at["delimiter"].present() && out.format != "csv") at["delimiter"].fail("is only for format csv");
  for (const Reader& field : at["fields"].items()) out.fields.push_back(read_field(field));
}

Topic read_topic(const Reader& at) {
  Topic out;
  out.name = at["name"].required_text();
  out.existing = at["existing"].flag(false);
  out.partitions = at["partitions"].number(0);
  if (!out.existing && out.partitions < 1) at["partitions"].fail("is needed, unless existing is true");
  if (at["retention"].present()) out.retention = read_duration(at["retention"]);
  if (at["expectEvery"].present()) out.expect_every = read_duration(at["expectEvery"]);
  if (at["eventTime"].present()) out.event_time = read_event_time(at["eventTime"]);
  out.key = at["key"].texts();
  out.compacted = at["compacted"].flag(false);
  out.deletion_policy = read_deletion_policy(at);
  read_value(at["value"], out);
  return out;
}

Objectives read_objectives(const Reader& at) {
  Objectives out;
  if (const Reader latency = at["latency"]; latency.present()) {
    out.latency = read_duration(latency);
    if (*out.latency < std::chrono::seconds(1) || *out.latency > std::chrono::hours(24))
      latency.fail("must be from 1s to 24h, in Go's units h, m, s and ms");
  }
  if (at["throughput"].present()) out.throughput = at["throughput"].number(0);
  if (out.throughput && *out.throughput < 1) at["throughput"].fail("must be at least 1");
  return out;
}

Scale read_scale(const Reader& at, int least) {
  const Scale out{at["min"].number(1), at["max"].number(0)};
  if (!at["max"].present()) at["max"].fail("is missing");
  if (out.min < least) at["min"].fail(cat("must be at least ", std::to_string(least)));
  if (out.min > out.max) at["min"].fail("must not exceed max");
  return out;
}

// `least`: what scale.min may be at least.
void read_stage(const Reader& at, Stage& out, int least) {
  out.name = at["name"].required_text();
  out.replicas = at["replicas"].number(1);
  if (at["scale"].present()) out.scale = read_scale(at["scale"], least);
  if (out.scale && at["replicas"].present())
    at.fail("give replicas (a fixed number) or scale (the operator chooses), not both");
  out.rate_limit = at["rateLimit"].number(0);
  if (at["rateLimit"].present() && out.rate_limit < 1) at["rateLimit"].fail("must be at least 1");
  out.resources = read_resources(at["resources"], out.resources);
}

Start read_start(const Reader& at) {
  return at["start"].choice({"earliest", "latest"}, 0) == 1 ? Start::latest : Start::earliest;
}

KafkaTopic read_kafka_topic(const Reader& at) {
  return {read_external(at), at["topic"].required_text()};
}

FileSource read_file_source(const Reader& at, Source& out) {
  out.rate_limit = at["rateLimit"].number(0);
  if (at["rateLimit"].present() && out.rate_limit < 1) at["rateLimit"].fail("must be at least 1");
  if (out.replicas != 1) at.fail("files are read one after the other: replicas must be 1");
  at["format"].choice({"ndjson", "csv", "parquet"}, 0);
  return {at["volumeClaim"].required_text(), at["path"].required_text(), at["format"].text()};
}

Source read_source(const Reader& at) {
  Source out;
  read_stage(at, out, 1);
  out.to = at["to"].required_text();
  if (at["http"].present() + at["kafka"].present() + at["file"].present() != 1)
    at.fail("exactly one of http, kafka and file must be given");
  out.start = read_start(at);
  if (at["kafka"].present()) {
    out.kafka = read_kafka_topic(at["kafka"]);
  } else if (at["start"].present()) {
    at["start"].fail("is only for kafka");
  }
  if (at["file"].present()) out.file = read_file_source(at["file"], out);
  if (out.scale && !out.takes_requests()) at["scale"].fail("is only for http; give replicas");
  out.http_port = at["http"]["port"].number(out.http_port);
  if (at["http"]["tokenSecretRef"].present()) out.token = read_secret_ref(at["http"]["tokenSecretRef"]);
  return out;
}

Processor read_processor(const Reader& at) {
  Processor out;
  read_stage(at, out, 0);
  const auto from = at["from"].texts();
  if (from.size() != 1)
    at["from"].fail("must name one topic");
  else
    out.from = from.front();
  out.query = at["sql"]["query"].required_text();
  at["sql"]["engine"].choice({"auto", "native"}, 0);
  if (at["window"].present()) out.window = read_window(at["window"]);
  out.tables = at["tables"].texts();
  out.key = at["key"].texts();
  out.to = at["to"].required_text();
  out.exactly_once = at["delivery"].choice({"at-least-once", "exactly-once"}, 0) == 1;
  out.start = read_start(at);
  return out;
}

// Without certificates and secrets.
HttpTarget read_requests(const Reader& at, std::string url) {
  HttpTarget out;
  out.url = std::move(url);
  if (at["format"].choice({"ndjson", "json"}, 0) == 1) out.format = "json";
  out.max_records = at["maxRecords"].number(out.max_records);
  if (out.max_records < 1) at["maxRecords"].fail("must be at least 1");
  return out;
}

HttpTarget read_http_target(const Reader& at) {
  HttpTarget out = read_requests(at, at["url"].required_text());
  if (at["caSecretRef"].present()) out.ca = read_secret_ref(at["caSecretRef"]);
  if (at["tokenSecretRef"].present()) out.token = read_secret_ref(at["tokenSecretRef"]);
  if (at["signingSecretRef"].present()) out.signing = read_secret_ref(at["signingSecretRef"]);
  return out;
}

// Where the user's container listens; it shares the worker's network.
HttpTarget read_neighbour(const Reader& at) {
  const int port = at["port"].number(8080);
  if (port == 9400) at["port"].fail("9400 is taken by the stage's metrics");
  const std::string path = at["path"].text("/");
  if (!path.starts_with('/')) at["path"].fail("must begin with /");
  return read_requests(at, cat("http://127.0.0.1:", std::to_string(port), path));
}

// `prefix`: what the field is called.
ObjectOptions read_object_options(const Reader& at, const char* prefix) {
  ObjectOptions out;
  out.prefix = at[prefix].text();
  if (at["format"].choice({"ndjson", "parquet"}, 0) == 1) out.format = "parquet";
  if (at["compression"].choice({"none", "gzip"}, 0) == 1) out.compression = "gzip";
  if (out.format == "parquet" && out.compression != "none") at["compression"].fail("is only for ndjson");
  out.max_records = at["maxRecords"].number(out.max_records);
  if (out.max_records < 1) at["maxRecords"].fail("must be at least 1");
  out.max_bytes = at["maxBytes"].number(out.max_bytes);
  constexpr int least = 1 << 20;  // any record fits in it
  if (out.max_bytes < least) at["maxBytes"].fail("must be at least 1048576");
  if (at["maxAge"].present()) out.max_age = read_duration(at["maxAge"]);
  return out;
}

S3Target read_s3_target(const Reader& at) {
  S3Target out;
  out.endpoint = at["endpoint"].required_text();
  out.region = at["region"].required_text();
  out.bucket = at["bucket"].required_text();
  out.path_style = at["pathStyle"].flag(true);
  out.objects = read_object_options(at, "prefix");
  if (at["caSecretRef"].present()) out.ca = read_secret_ref(at["caSecretRef"]);
  out.access_key_id = read_secret_ref(at["accessKeyIdSecretRef"]);
  out.secret_access_key = read_secret_ref(at["secretAccessKeySecretRef"]);
  return out;
}

Sink read_sink(const Reader& at) {
  Sink out;
  read_stage(at, out, 0);
  out.from = at["from"].required_text();
  out.key = at["key"].texts();
  out.start = read_start(at);
  if (at["postgres"].present() + at["http"].present() + at["kafka"].present() + at["s3"].present() +
          at["file"].present() + at["container"].present() + at["log"].present() !=
      1)
    at.fail("exactly one of postgres, http, kafka, s3, file, container and log must be given");
  if (const Reader postgres = at["postgres"]; postgres.present()) {
    out.postgres = Postgres{postgres["table"].required_text(), postgres["createTable"].flag(false),
                            read_secret_ref(postgres["dsnSecretRef"])};
  } else if (!out.key.empty()) {
    at["key"].fail("is only for postgres");
  }
  if (at["http"].present()) out.http = read_http_target(at["http"]);
  if (at["kafka"].present()) out.kafka = read_kafka_topic(at["kafka"]);
  if (at["s3"].present()) out.s3 = read_s3_target(at["s3"]);
  if (at["container"].present()) {
    out.container = read_container(at["container"]);
    out.http = read_neighbour(at["container"]);
  }
  if (const Reader file = at["file"]; file.present())
    out.file = FileTarget{file["volumeClaim"].required_text(), read_object_options(file, "path")};
  return out;
}

}  // namespace

const Topic* PipelineSpec::topic(const std::string& name) const {
  for (const Topic& topic : topics) {
    if (topic.name == name) return &topic;
  }
  return nullptr;
}

Result<PipelineSpec> pipeline_from_json(const Json& spec) {
  std::optional<Error> error;
  const Reader at(spec, "spec", error);
  PipelineSpec out;
  out.paused = at["paused"].flag(false);
  out.objectives = read_objectives(at["objectives"]);
  out.kafka = read_kafka(at["kafka"]);
  for (const Reader& item : at["topics"].items()) out.topics.push_back(read_topic(item));
  for (const Reader& item : at["sources"].items()) out.sources.push_back(read_source(item));
  for (const Reader& item : at["processors"].items()) out.processors.push_back(read_processor(item));
  for (const Reader& item : at["sinks"].items()) out.sinks.push_back(read_sink(item));
  if (error) return *error;
  return out;
}

}  // namespace tidegate::crds
