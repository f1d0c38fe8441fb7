// Whether a Pipeline's spec may run. What was accepted is kept in a ConfigMap, so that a bad edit, or an operator that
// restarts, never stops what runs.
#pragma once

#include <optional>
#include <string>

#include "controllers/pipeline/schema.h"
#include "controllers/shared/children.h"
#include "crds/pipeline.h"

namespace tidegate::controllers {

struct Accepted {
  Json spec_json;           // as its user wrote it
  crds::PipelineSpec spec;  // as it runs, internal stages included (crds/repartition.h)
  TopicFields fields;
};

// The ConfigMap that keeps it, and back. nullopt when there is none or it cannot be read.
Child accepted_child(const Json& pipeline, const Accepted& accepted);
std::string accepted_name(const std::string& pipeline);
std::optional<Accepted> read_accepted(const Json& config_map);

// Which Kafka a pipeline is on: the same text for pipelines that share one. Reads the raw spec.
std::string kafka_identity(const std::string& ns, const std::string& pipeline, const Json& spec);

// Reads and checks the spec of `pipeline`; asks the API server for the Secrets and volume claims that it refers to.
// Fails with InvalidSpec, KeyMismatch, SqlCheck's reasons, ReferenceNotFound (a Secret, its key, a
// PersistentVolumeClaim or a KafkaCluster), TopicConflict, or with a reason of Api or CheckFailed, which say nothing
// about the spec.
class Acceptance {
 public:
  Acceptance(kube::Api& api, const Caches& caches, SqlCheck& check) : api_(api), caches_(caches), check_(check) {}
  Result<Accepted> judge(const Json& pipeline);

 private:
  Result<void> check_references(const std::string& ns, const crds::PipelineSpec& spec);
  Result<void> check_secret(const std::string& ns, const crds::SecretKeyRef& ref, const std::string& field);
  Result<void> check_claim(const std::string& ns, const std::string& name, const std::string& field);
  Result<void> check_topics_are_free(const Json& pipeline, const crds::PipelineSpec& spec) const;

  kube::Api& api_;
  const Caches& caches_;
  SqlCheck& check_;
};

// The failures above that need a human, as opposed to another try.
bool is_verdict(const Error& error);

}  // namespace tidegate::controllers
