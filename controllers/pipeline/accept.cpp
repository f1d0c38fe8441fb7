#include "controllers/pipeline/accept.h"

#include <set>
#include <tuple>

#include "common/base/text.h"
#include "controllers/pipeline/labels.h"
#include "crds/fields.h"
#include "crds/graph.h"
#include "crds/names.h"
#include "crds/repartition.h"

namespace tidegate::controllers {
namespace {

constexpr char data_key[] = "accepted.json";

Json fields_json(const TopicFields& fields) {
  Json out = Json::Object{};
  for (const auto& [topic, list] : fields) out[topic] = crds::to_json(list);
  return out;
}

TopicFields fields_from_json(const Json& json) {
  TopicFields out;
  for (const auto& [topic, list] : json.members()) out[topic] = crds::fields_from_json(list);
  return out;
}

// The topics that a pipeline wants to be its own.
std::set<std::string> declared_topics(const Json& spec) {
  std::set<std::string> out, foreign;
  for (const Json& topic : spec.at("topics").items()) {
    (topic.at("existing").as_bool() ? foreign : out).insert(topic.at("name").as_string());
  }
  for (const Json& processor : spec.at("processors").items()) {
    if (const std::string& to = processor.at("to").as_string(); !foreign.count(to)) out.insert(to);
  }
  return out;
}

// Who was first; RFC 3339 in UTC sorts as text.
auto age(const Json& pipeline) {
  return std::make_tuple(pipeline.at("metadata/creationTimestamp").as_string(),
                         pipeline.at("metadata/uid").as_string());
}

}  // namespace

std::string accepted_name(const std::string& pipeline) {
  return pipeline + "-accepted";
}

Child accepted_child(const Json& pipeline, const Accepted& accepted) {
  const std::string& name = pipeline.at("metadata/name").as_string();
  Json object = Json::object({{"apiVersion", "v1"},
                              {"kind", "ConfigMap"},
                              {"metadata", Json::object({{"name", accepted_name(name)},
                                                         {"namespace", pipeline.at("metadata/namespace")},
                                                         {"labels", pipeline_labels(name)}})}});
  object["data"][data_key] =
      Json::object({{"spec", accepted.spec_json}, {"fields", fields_json(accepted.fields)}}).dump();
  return {kinds::config_maps, object};
}

std::optional<Accepted> read_accepted(const Json& config_map) {
  const auto stored = Json::parse(config_map.at("data").get(data_key).as_string());
  if (!stored) return std::nullopt;
  auto spec = crds::pipeline_from_json(stored->at("spec"));
  if (!spec) return std::nullopt;
  spec = crds::expand(*spec, config_map.at("metadata/namespace").as_string(),
                      config_map.at("metadata/labels").get(crds::labels::pipeline).as_string());
  if (!spec) return std::nullopt;
  return Accepted{stored->at("spec"), std::move(*spec), fields_from_json(stored->at("fields"))};
}

std::string kafka_identity(const std::string& ns, const std::string& pipeline, const Json& spec) {
  const Json& kafka = spec.at("kafka");
  if (kafka.has("external")) return "external:" + kafka.at("external/bootstrapServers").as_string();
  return cat(ns, "/", kafka.has("clusterRef") ? kafka.at("clusterRef/name").as_string() : pipeline);
}

Result<void> Acceptance::check_secret(const std::string& ns, const crds::SecretKeyRef& ref, const std::string& field) {
  const auto secret = api_.get(kinds::secrets, ns, ref.name);
  if (!secret && secret.error().reason == "NotFound") {
    return Error{"ReferenceNotFound", cat(field, ": there is no Secret '", ref.name, "' in namespace ", ns)};
  }
  if (!secret) return secret.error().context(field);
  if (secret->at("data").get(ref.key).is_null()) {
    return Error{"ReferenceNotFound", cat(field, ": the Secret '", ref.name, "' has no key '", ref.key, "'")};
  }
  return {};
}

Result<void> Acceptance::check_claim(const std::string& ns, const std::string& name, const std::string& field) {
  const auto claim = api_.get(kinds::volume_claims, ns, name);
  if (claim) return {};
  if (claim.error().reason != "NotFound") return claim.error().context(field);
  return Error{"ReferenceNotFound", cat(field, ": there is no PersistentVolumeClaim '", name, "' in namespace ", ns)};
}

Result<void> Acceptance::check_references(const std::string& ns, const crds::PipelineSpec& spec) {
  std::vector<std::pair<crds::SecretKeyRef, std::string>> refs;
  std::vector<std::pair<std::string, std::string>> claims;
  const auto add_kafka = [&](const crds::ExternalKafka& kafka, const std::string& field) {
    if (kafka.ca) refs.emplace_back(*kafka.ca, field + ".tls.caSecretRef");
    if (!kafka.sasl) return;
    refs.emplace_back(kafka.sasl->username, field + ".sasl.usernameSecretRef");
    refs.emplace_back(kafka.sasl->password, field + ".sasl.passwordSecretRef");
  };
  const auto add_variables = [&](const crds::Container& container, const std::string& field) {
    for (const crds::EnvVariable& variable : container.env) {
      if (variable.secret) refs.emplace_back(*variable.secret, cat(field, ".env[", variable.name, "].valueSecretRef"));
    }
  };
  if (spec.kafka.external) add_kafka(*spec.kafka.external, "spec.kafka.external");
  for (const auto& source : spec.sources) {
    if (source.kafka) add_kafka(source.kafka->cluster, cat("spec.sources[", source.name, "].kafka"));
    if (source.token) refs.emplace_back(*source.token, cat("spec.sources[", source.name, "].http.tokenSecretRef"));
    if (source.file)
      claims.emplace_back(source.file->volume_claim, cat("spec.sources[", source.name, "].file.volumeClaim"));
  }
  for (const auto& sink : spec.sinks) {
    if (sink.postgres) refs.emplace_back(sink.postgres->dsn, cat("spec.sinks[", sink.name, "].postgres.dsnSecretRef"));
    if (sink.kafka) add_kafka(sink.kafka->cluster, cat("spec.sinks[", sink.name, "].kafka"));
    if (sink.s3) {
      const std::string field = cat("spec.sinks[", sink.name, "].s3.");
      if (sink.s3->ca) refs.emplace_back(*sink.s3->ca, field + "caSecretRef");
      refs.emplace_back(sink.s3->access_key_id, field + "accessKeyIdSecretRef");
      refs.emplace_back(sink.s3->secret_access_key, field + "secretAccessKeySecretRef");
    }
    if (sink.container) add_variables(*sink.container, cat("spec.sinks[", sink.name, "].container"));
    if (sink.file) claims.emplace_back(sink.file->volume_claim, cat("spec.sinks[", sink.name, "].file.volumeClaim"));
    if (!sink.http) continue;
    const std::string field = cat("spec.sinks[", sink.name, "].http.");
    if (sink.http->ca) refs.emplace_back(*sink.http->ca, field + "caSecretRef");
    if (sink.http->token) refs.emplace_back(*sink.http->token, field + "tokenSecretRef");
    if (sink.http->signing) refs.emplace_back(*sink.http->signing, field + "signingSecretRef");
  }
  for (const auto& [ref, field] : refs) {
    if (auto found = check_secret(ns, ref, field); !found) return found;
  }
  for (const auto& [claim, field] : claims) {
    if (auto found = check_claim(ns, claim, field); !found) return found;
  }
  const std::string& cluster = spec.kafka.cluster_ref;
  if (!cluster.empty() && !caches_.of(kinds::kafka_clusters).get(ns, cluster)) {
    return Error{"ReferenceNotFound",
                 cat("spec.kafka.clusterRef.name: there is no KafkaCluster '", cluster, "' in namespace ", ns)};
  }
  return {};
}

Result<void> Acceptance::check_topics_are_free(const Json& pipeline, const crds::PipelineSpec& spec) const {
  const std::string& ns = pipeline.at("metadata/namespace").as_string();
  const std::string& name = pipeline.at("metadata/name").as_string();
  const std::string identity = kafka_identity(ns, name, pipeline.at("spec"));
  const auto ours = declared_topics(pipeline.at("spec"));
  for (const auto& other : caches_.of(kinds::pipelines).list(spec.kafka.external ? "" : ns)) {
    const std::string& other_ns = other->at("metadata/namespace").as_string();
    const std::string& other_name = other->at("metadata/name").as_string();
    if (other->at("metadata/uid") == pipeline.at("metadata/uid") || age(*other) > age(pipeline)) continue;
    if (kafka_identity(other_ns, other_name, other->at("spec")) != identity) continue;
    for (const std::string& topic : declared_topics(other->at("spec"))) {
      if (!ours.count(topic)) continue;
      return Error{"TopicConflict",
                   cat("topic '", topic, "' was declared first by Pipeline ", other_ns, "/", other_name,
                       "; use another name, or list it in spec.topics with existing: true")};
    }
  }
  return {};
}

Result<Accepted> Acceptance::judge(const Json& pipeline) {
  auto spec = crds::pipeline_from_json(pipeline.at("spec"));
  if (!spec) return std::move(spec).error();
  if (auto graph = crds::check_graph(*spec); !graph) return std::move(graph).error();
  spec = crds::expand(*spec, pipeline.at("metadata/namespace").as_string(), pipeline.at("metadata/name").as_string());
  if (!spec) return std::move(spec).error();
  if (auto free = check_topics_are_free(pipeline, *spec); !free) return std::move(free).error();
  if (auto found = check_references(pipeline.at("metadata/namespace").as_string(), *spec); !found)
    return std::move(found).error();
  auto fields = resolve_fields(*spec, check_);
  if (!fields) return std::move(fields).error();
  return Accepted{pipeline.at("spec"), std::move(*spec), std::move(*fields)};
}

bool is_verdict(const Error& error) {
  static const std::set<std::string> reasons{"InvalidSpec", "InvalidQuery",  "NotRowWise",
                                             "NotWindowed", "InvalidWindow", "KeyMismatch",
                                             "NotAllowed",  "TopicConflict", "ReferenceNotFound"};
  return reasons.count(error.reason) > 0;
}

}  // namespace tidegate::controllers
