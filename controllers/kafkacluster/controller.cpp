#include "controllers/kafkacluster/controller.h"

#include "common/base/text.h"
#include "controllers/monitoring/report.h"
#include "controllers/shared/rollout.h"
#include "crds/names.h"

namespace tidegate::controllers {

std::vector<Condition> judge_kafka(const KafkaEvidence& evidence) {
  Condition ready{"Ready", Truth::no, "", ""};
  const std::string count =
      cat(std::to_string(evidence.brokers), " of ", std::to_string(evidence.replicas), " brokers answer");
  if (evidence.stalled) {
    ready.reason = evidence.stalled->reason;
    ready.message = evidence.stalled->message;
  } else if (evidence.reachable && evidence.brokers >= evidence.replicas) {
    ready = {"Ready", Truth::yes, "BrokersAnswer", count};
  } else if (!evidence.pods.problem.empty()) {
    ready.reason = "PodsFail";
    ready.message = cat(evidence.pods.problem, " (", count, ")");
  } else if (evidence.pods.ready < evidence.replicas) {
    ready.reason = "Starting";
    ready.message =
        cat(std::to_string(evidence.pods.ready), " of ", std::to_string(evidence.replicas), " nodes are ready");
  } else {
    ready.reason = "BrokersDoNotAnswer";
    ready.message = evidence.problem.empty() ? count : cat(count, ": ", evidence.problem);
  }
  Condition reconciling{"Reconciling", Truth::no, "UpToDate", "everything is as the spec asks"};
  if (evidence.pending) reconciling = {"Reconciling", Truth::yes, evidence.pending->reason, evidence.pending->message};
  Condition stalled{"Stalled", Truth::no, "NotStalled", "nothing waits for a human"};
  if (evidence.stalled) stalled = {"Stalled", Truth::yes, evidence.stalled->reason, evidence.stalled->message};
  std::vector<Condition> out{ready, reconciling, stalled};
  if (evidence.problems) out.push_back(healthy(*evidence.problems));
  return out;
}

Result<std::optional<Duration>> KafkaClusterController::reconcile(const kube::Key& key) {
  const auto cluster = caches_.of(kinds::kafka_clusters).get(key.ns, key.name);
  const std::string identity = cat(key.ns, "/", key.name);
  if (!cluster) {
    observers_.drop(identity);
    monitor_.forget_cluster(key);
    const std::lock_guard lock(mutex_);
    written_.erase(key);
    return std::optional<Duration>{};
  }
  if (cluster->has("metadata/deletionTimestamp")) return std::optional<Duration>{};  // its objects go with it
  KafkaEvidence evidence;
  std::optional<Error> failure;
  const auto spec = crds::kafka_cluster_from_json(cluster->at("spec"));
  if (!spec) {
    evidence.stalled = spec.error();
  } else {
    evidence.replicas = spec->replicas;
    for (const Child& child :
         plan_kafka({key.ns, key.name, cluster->at("metadata/uid").as_string()}, *spec, options_.image)) {
      auto applied = children_.apply(*cluster, child);
      if (applied) continue;
      if (applied.error().reason == "NameTaken")
        evidence.stalled = applied.error();
      else
        failure = evidence.pending = applied.error();
      break;
    }
    const auto live = children_.find(kinds::stateful_sets, key.ns, crds::kafka_brokers(key.name));
    if (live && !evidence.pending) evidence.pending = rollout_pending(*live, "brokers");
    evidence.pods = summarize_pods(caches_.of(kinds::pods).list(key.ns, crds::labels::kafka_cluster, key.name));
    const auto observer = observers_.get(identity, options_.connector(crds::kafka_bootstrap_servers(key.ns, key.name)));
    const ClusterView view = observer->cluster();
    monitor_.watch_cluster(key, spec->replicas, observer);
    evidence.problems = monitor_.cluster_problems(key);
    const bool said = cluster->at("status/observedGeneration") == cluster->at("metadata/generation");
    // An operator that has just started does not take back what is known before it has looked itself.
    if (!view.known && said && !evidence.stalled && !failure) return std::optional<Duration>{std::chrono::seconds(1)};
    evidence.reachable = view.reachable;
    evidence.problem = view.problem;
    evidence.brokers = view.brokers;
  }
  if (auto written = write_status(key, *cluster, evidence); !written) return written.error();
  if (failure) return *failure;
  return std::optional<Duration>{std::chrono::minutes(10)};
}

Result<void> KafkaClusterController::write_status(const kube::Key& key, const Json& cluster,
                                                  const KafkaEvidence& evidence) {
  kube::ObjectPtr ours;
  {
    const std::lock_guard lock(mutex_);
    ours = written_[key];
  }
  const bool ours_is_newer =
      ours && ours->at("metadata/uid") == cluster.at("metadata/uid") &&
      older(cluster.at("metadata/resourceVersion").as_string(), ours->at("metadata/resourceVersion").as_string());
  const Json before = ours_is_newer ? ours->at("status") : cluster.at("status");
  const std::int64_t generation = cluster.at("metadata/generation").as_int();
  const auto conditions = judge_kafka(evidence);
  Json after = Json::object(
      {{"observedGeneration", generation},
       {"bootstrapServers", crds::kafka_bootstrap_servers(key.ns, key.name)},
       {"replicas", evidence.replicas},
       {"readyReplicas", evidence.pods.ready},
       {"conditions", conditions_json(conditions, before.at("conditions"), generation, options_.clock.wall())}});
  if (evidence.problems && !evidence.problems->empty()) after["problems"] = problems_json(*evidence.problems);
  if (!evidence.problems) keep_health(after, before);
  if (after == before) return {};
  auto written = api_.apply_status(
      kinds::kafka_clusters,
      Json::object(
          {{"apiVersion", kinds::kafka_clusters.api_version()},
           {"kind", kinds::kafka_clusters.kind},
           {"metadata", Json::object({{"name", key.name}, {"namespace", key.ns}, {"uid", cluster.at("metadata/uid")}})},
           {"status", after}}),
      kStatusManager);
  if (!written) return std::move(written).error().context("write status");
  const Json& was = before.at("conditions/0");
  const Condition& ready = conditions.front();
  if (was.at("reason").as_string() != ready.reason) {
    events_.record(cluster, ready.status != Truth::yes && ready.reason != "Starting", ready.reason, ready.message);
  }
  const std::lock_guard lock(mutex_);
  written_[key] = std::make_shared<const Json>(std::move(*written));
  return {};
}

}  // namespace tidegate::controllers
