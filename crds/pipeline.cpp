#include "crds/pipeline.h"

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

Topic read_topic(const Reader& at) {
  Topic out;
  out.name = at["name"].required_text();
  out.existing = at["existing"].flag(false);
  out.partitions = at["partitions"].number(0);
  if (!out.existing && out.partitions < 1) at["partitions"].fail("is needed, unless existing is true");
  if (at["retention"].present()) {
    const auto retention = parse_duration(at["retention"].text());
    if (retention)
      out.retention = *retention;
    else
      at["retention"].fail(retention.error().message);
  }
  out.key = at["key"].texts();
  out.deletion_policy = read_deletion_policy(at);
  for (const Reader& field : at["value"]["fields"].items()) {
    out.fields.push_back({field["name"].required_text(), field["type"].required_text(), field["required"].flag(false)});
  }
  return out;
}

void read_stage(const Reader& at, Stage& out) {
  out.name = at["name"].required_text();
  out.replicas = at["replicas"].number(1);
  out.resources = read_resources(at["resources"], out.resources);
}

Start read_start(const Reader& at) {
  return at["start"].choice({"earliest", "latest"}, 0) == 1 ? Start::latest : Start::earliest;
}

Source read_source(const Reader& at) {
  Source out;
  read_stage(at, out);
  out.to = at["to"].required_text();
  if (!at["http"].present()) at["http"].fail("is missing");
  out.http_port = at["http"]["port"].number(out.http_port);
  if (at["http"]["tokenSecretRef"].present()) out.token = read_secret_ref(at["http"]["tokenSecretRef"]);
  return out;
}

Processor read_processor(const Reader& at) {
  Processor out;
  read_stage(at, out);
  const auto from = at["from"].texts();
  if (from.size() != 1)
    at["from"].fail("must name one topic");
  else
    out.from = from.front();
  out.query = at["sql"]["query"].required_text();
  at["sql"]["engine"].choice({"auto", "native"}, 0);
  out.key = at["key"].texts();
  out.to = at["to"].required_text();
  out.start = read_start(at);
  return out;
}

Sink read_sink(const Reader& at) {
  Sink out;
  read_stage(at, out);
  out.from = at["from"].required_text();
  out.key = at["key"].texts();
  out.start = read_start(at);
  if (at["postgres"].present() == at["log"].present()) at.fail("exactly one of postgres and log must be given");
  if (const Reader postgres = at["postgres"]; postgres.present()) {
    out.postgres = Postgres{postgres["table"].required_text(), postgres["createTable"].flag(false),
                            read_secret_ref(postgres["dsnSecretRef"])};
  } else if (!out.key.empty()) {
    at["key"].fail("is only for postgres");
  }
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
  out.kafka = read_kafka(at["kafka"]);
  for (const Reader& item : at["topics"].items()) out.topics.push_back(read_topic(item));
  for (const Reader& item : at["sources"].items()) out.sources.push_back(read_source(item));
  for (const Reader& item : at["processors"].items()) out.processors.push_back(read_processor(item));
  for (const Reader& item : at["sinks"].items()) out.sinks.push_back(read_sink(item));
  if (error) return *error;
  return out;
}

}  // namespace tidegate::crds
