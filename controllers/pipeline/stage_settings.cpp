#include "controllers/pipeline/stage_settings.h"

#include "common/base/text.h"
#include "controllers/pipeline/labels.h"
#include "controllers/shared/quantity.h"
#include "crds/fields.h"
#include "crds/graph.h"
#include "crds/tables.h"
#include "crds/windows.h"

namespace tidegate::controllers {
namespace {

// Properties of a Kafka that is not ours in librdkafka's names; secrets stay in files. `use`: which Kafka it is.
Json kafka_properties(const crds::ExternalKafka& external, const std::string& use, std::vector<SecretMount>& secrets) {
  Json out = Json::Object{};
  if (external.tls || external.sasl) {
    out["security.protocol"] = external.sasl ? (external.tls ? "sasl_ssl" : "sasl_plaintext") : "ssl";
  }
  if (external.ca) {
    secrets.push_back({use + "-ca", *external.ca});
    out["ssl.ca.location"] = secrets.back().file();
  }
  if (external.sasl) {
    out["sasl.mechanism"] = external.sasl->mechanism;
    secrets.push_back({use + "-username", external.sasl->username});
    out["sasl.username"] = "file:" + secrets.back().file();
    secrets.push_back({use + "-password", external.sasl->password});
    out["sasl.password"] = "file:" + secrets.back().file();
  }
  return out;
}

// A topic of another cluster.
Json other_kafka(const crds::KafkaTopic& other, const std::string& use, std::vector<SecretMount>& secrets) {
  return Json::object({{"bootstrapServers", other.cluster.bootstrap_servers},
                       {"properties", kafka_properties(other.cluster, use, secrets)},
                       {"topic", other.topic}});
}

StageSettings common(const PipelineContext& context, const Accepted& accepted, const crds::Stage& stage,
                     const char* kind) {
  StageSettings out;
  const auto& external = accepted.spec.kafka.external;
  const Json properties = external ? kafka_properties(*external, "kafka", out.secrets) : Json(Json::Object{});
  out.json = Json::object(
      {{"namespace", context.ns},
       {"pipeline", context.name},
       {"stage", stage.name},
       {"kind", kind},
       {"kafka", Json::object({{"bootstrapServers", context.bootstrap_servers}, {"properties", properties}})},
       {"metricsPort", kMetricsPort}});
  return out;
}

void add_group(StageSettings& out, const PipelineContext& context, const crds::Stage& stage) {
  out.json["group"] = crds::consumer_group(context.installation, context.ns, context.name, stage.name);
  out.json["deadLetters"] = Json::object({{"topic", crds::dead_letter_topic(context.ns, context.name, stage.name)}});
  if (stage.rate_limit > 0) out.json["rateLimit"] = stage.rate_limit;
}

void add_start(StageSettings& out, crds::Start start) {
  out.json["start"] = start == crds::Start::earliest ? "earliest" : "latest";
}

void add_input(StageSettings& out, const PipelineContext& context, const Accepted& accepted, const crds::Stage& stage,
               const std::string& topic, crds::Start start) {
  add_group(out, context, stage);
  add_start(out, start);
  out.json["input"] = Json::object({{"topic", topic}, {"fields", crds::to_json(accepted.fields.at(topic))}});
  crds::add_format(accepted.spec, topic, out.json["input"]);
}

// How a stage with a window, or before one, knows how far it is in event time.
void add_event_time(StageSettings& out, const PipelineContext& context, const Accepted& accepted,
                    const crds::Processor& processor) {
  if (!crds::follows_event_time(accepted.spec, processor)) return;
  const auto writers = crds::writers(accepted.spec, processor.from);
  const crds::Topic* topic = accepted.spec.topic(processor.from);
  if (topic != nullptr && topic->event_time) {
    const crds::EventTime& time = *topic->event_time;
    out.json["eventTime"] = crds::to_json(time, !writers.empty());
    if (time.idle_timeout) {
      out.json["idle"] = Json::object({{"timeout", time.idle_timeout->count()}, {"close", time.close_when_idle}});
    }
  }
  for (const crds::Processor* writer : writers) {
    const std::string group = crds::consumer_group(context.installation, context.ns, context.name, writer->name);
    out.json["writers"].push_back(Json::object({{"group", group}, {"topic", writer->from}}));
  }
}

// Where a Secret is mounted; "" when there is none.
std::string mount(StageSettings& out, const char* purpose, const std::optional<crds::SecretKeyRef>& ref) {
  if (!ref) return "";
  out.secrets.push_back({purpose, *ref});
  return out.secrets.back().file();
}

// What the tables of a stage may take of a pod's memory: half of it; the engine and the clients need the other.
std::int64_t tables_memory(const crds::Resources& resources) {
  return static_cast<std::int64_t>(quantity_value(Json(resources.memory_limit)).value_or(0) / 2);
}

Json http_settings(StageSettings& out, const crds::HttpTarget& http) {
  return Json::object({{"url", http.url},
                       {"format", http.format},
                       {"maxRecords", http.max_records},
                       {"caFile", mount(out, "ca", http.ca)},
                       {"tokenFile", mount(out, "token", http.token)},
                       {"signingFile", mount(out, "signing", http.signing)}});
}

Json object_settings(const crds::ObjectOptions& objects) {
  return Json::object({{"prefix", objects.prefix},
                       {"format", objects.format},
                       {"compression", objects.compression},
                       {"maxRecords", objects.max_records},
                       {"maxBytes", objects.max_bytes},
                       {"maxAge", objects.max_age.count()}});
}

Json s3_settings(StageSettings& out, const crds::S3Target& s3) {
  Json json = object_settings(s3.objects);
  json["endpoint"] = s3.endpoint;
  json["region"] = s3.region;
  json["bucket"] = s3.bucket;
  json["pathStyle"] = s3.path_style;
  json["caFile"] = mount(out, "ca", s3.ca);
  json["accessKeyIdFile"] = mount(out, "access-key-id", s3.access_key_id);
  json["secretAccessKeyFile"] = mount(out, "secret-access-key", s3.secret_access_key);
  return json;
}

Json file_settings(StageSettings& out, const crds::FileTarget& file) {
  out.files = ClaimMount{file.volume_claim};
  Json json = object_settings(file.objects);
  json["directory"] = kFilesDirectory;
  return json;
}

Json file_settings(StageSettings& out, const crds::FileSource& file) {
  out.files = ClaimMount{file.volume_claim, true};
  Json json = Json::object({{"directory", kFilesDirectory}, {"path", file.path}});
  if (!file.format.empty()) json["format"] = file.format;
  return json;
}

}  // namespace

std::string SecretMount::file() const {
  return cat("/etc/tidegate/secrets/", purpose, "/", ref.key);
}

StageSettings source_settings(const PipelineContext& context, const Accepted& accepted, const crds::Source& source) {
  StageSettings out = common(context, accepted, source, "source");
  const crds::Topic& topic = *accepted.spec.topic(source.to);
  out.json["output"] =
      Json::object({{"topic", source.to}, {"key", Json::array(topic.key)}, {"fields", crds::to_json(topic.fields)}});
  crds::add_format(accepted.spec, source.to, out.json["output"]);
  if (source.kafka) {
    add_group(out, context, source);
    add_start(out, source.start);
    out.json["source"] = Json::object({{"kafka", other_kafka(*source.kafka, "source", out.secrets)}});
    return out;
  }
  if (source.file) {
    add_group(out, context, source);
    out.json["source"] = Json::object({{"file", file_settings(out, *source.file)}});
    return out;
  }
  Json http = Json::object({{"port", source.http_port}});
  if (source.token) {
    out.secrets.push_back({"token", *source.token});
    http["tokenFile"] = out.secrets.back().file();
  }
  out.json["source"] = Json::object({{"http", http}});
  return out;
}

StageSettings processor_settings(const PipelineContext& context, const Accepted& accepted,
                                 const crds::Processor& processor) {
  StageSettings out = common(context, accepted, processor, "processor");
  add_input(out, context, accepted, processor, processor.from, processor.start);
  out.json["output"] =
      Json::object({{"topic", processor.to}, {"key", Json::array(crds::output_key(accepted.spec, processor))}});
  if (processor.exactly_once) out.json["delivery"] = "exactly-once";
  out.json["sql"] = Json::object({{"query", processor.query}});
  if (!processor.table.empty()) out.json["sql"]["topic"] = processor.table;
  add_event_time(out, context, accepted, processor);
  if (processor.window) {
    out.json["window"] = crds::to_json(*processor.window);
    out.json["input"]["key"] = Json::array(crds::grouping_key(accepted.spec, processor));
  }
  if (!processor.tables.empty()) {
    out.json["tables"] = crds::tables_request(accepted.spec, processor);
    out.json["tablesMemory"] = tables_memory(processor.resources);
  }
  return out;
}

StageSettings sink_settings(const PipelineContext& context, const Accepted& accepted, const crds::Sink& sink) {
  StageSettings out = common(context, accepted, sink, "sink");
  add_input(out, context, accepted, sink, sink.from, sink.start);
  if (sink.postgres) {
    out.secrets.push_back({"dsn", sink.postgres->dsn});
    out.json["sink"] = Json::object({{"postgres", Json::object({{"table", sink.postgres->table},
                                                                {"key", Json::array(sink.key)},
                                                                {"createTable", sink.postgres->create_table},
                                                                {"dsnFile", out.secrets.back().file()}})}});
  } else if (sink.http) {
    out.json["sink"] = Json::object({{"http", http_settings(out, *sink.http)}});
  } else if (sink.s3) {
    out.json["sink"] = Json::object({{"s3", s3_settings(out, *sink.s3)}});
  } else if (sink.file) {
    out.json["sink"] = Json::object({{"file", file_settings(out, *sink.file)}});
  } else if (sink.kafka) {
    out.json["sink"] = Json::object({{"kafka", other_kafka(*sink.kafka, "target", out.secrets)}});
  } else {
    out.json["sink"] = Json::object({{"log", Json::Object{}}});
  }
  return out;
}

}  // namespace tidegate::controllers
