// What happens when a Pipeline is deleted: its workloads stop, then topics that it created and may delete go.
#include <algorithm>

#include "common/base/log.h"
#include "common/base/text.h"
#include "controllers/pipeline/controller.h"
#include "crds/names.h"

namespace tidegate::controllers {
namespace {

constexpr Duration stop_look{2'000};   // whether the workloads have stopped
constexpr Duration patience{120'000};  // with a Kafka that does not answer

}  // namespace

Result<std::optional<Duration>> PipelineController::finish(Run& run) {
  const Json& pipeline = *run.pipeline;
  scaler_.forget(run.key);
  monitor_.forget(run.key);
  const auto finalizers = pipeline.at("metadata/finalizers").strings();
  if (std::find(finalizers.begin(), finalizers.end(), kFinalizer) == finalizers.end()) {
    observers_.forget(run.key);
    return std::optional<Duration>{};
  }
  if (!run.memory->deleting_since) run.memory->deleting_since = options_.clock.steady();
  const auto stopped = stop_workloads(run);
  if (!stopped) return stopped.error();
  if (!*stopped) return std::optional<Duration>{stop_look};
  const auto deleted = delete_topics(run);
  if (!deleted)
    log::warn("topics cannot be deleted yet", {{"pipeline", run.key.name}, {"error", deleted.error().message}});
  if (!deleted || !*deleted) {
    if (options_.clock.steady() - *run.memory->deleting_since < patience) return std::optional<Duration>{stop_look};
    events_.record(
        pipeline, true, "TopicsKept",
        cat("Kafka did not let topics be deleted: ", deleted ? "it cannot be reached" : deleted.error().message));
  }
  if (auto removed = remove_finalizer(pipeline); !removed) return removed.error();
  observers_.forget(run.key);
  return std::optional<Duration>{};
}

// True when no pod is left: a worker that still runs would keep its group, and write into nothing.
Result<bool> PipelineController::stop_workloads(const Run& run) {
  for (const auto* kind : {&kinds::stateful_sets, &kinds::deployments}) {
    for (const auto& workload : children_.owned(*run.pipeline, *kind, crds::labels::pipeline)) {
      if (auto removed = children_.remove(*kind, *workload); !removed) return removed.error();
    }
  }
  return caches_.of(kinds::pods).list(run.key.ns, crds::labels::pipeline, run.key.name).empty();
}

// True when nothing is left to delete; false when Kafka does not answer.
Result<bool> PipelineController::delete_topics(Run& run) {
  const auto kept = children_.find(kinds::config_maps, run.key.ns, accepted_name(run.key.name));
  if (!kept) return true;
  run.accepted = read_accepted(*kept);
  if (!run.accepted) return true;
  std::map<std::string, std::string> ids;
  for (const auto& [name, record] : read_topic_records(run.pipeline->at("status"))) {
    const crds::Topic* topic = run.accepted->spec.topic(name);
    if (record.created && topic && topic->deletion_policy == crds::DeletionPolicy::remove) ids[name] = record.id;
  }
  if (ids.empty()) return true;
  const std::string& reference = run.accepted->spec.kafka.cluster_ref;
  if (!run.accepted->spec.kafka.external &&
      !caches_.of(kinds::kafka_clusters).get(run.key.ns, reference.empty() ? run.key.name : reference)) {
    return true;  // gone with its cluster
  }
  connect(run);
  const auto link = run.observer->link();
  if (!link) return false;
  std::vector<std::string> names;
  for (const auto& [name, id] : ids) names.push_back(name);
  const auto seen = link->describe_topics(names);
  if (!seen) return seen.error();
  for (const auto& [name, state] : *seen) {
    // An id that was never written down: we were about to make it, and recorded that first.
    if (!ids.at(name).empty() && ids.at(name) != state.id) continue;
    if (auto gone = link->delete_topic(name); !gone) return gone.error();
    log::info("deleted a topic", {{"namespace", run.key.ns}, {"pipeline", run.key.name}, {"topic", name}});
  }
  for (const StageWatch& stage : watch_of(run).stages) {
    if (!ids.count(stage.topic)) continue;
    if (auto gone = link->delete_group(stage.group); !gone) return gone.error();
  }
  return true;
}

Result<void> PipelineController::remove_finalizer(const Json& pipeline) {
  Json::Array left;
  for (const std::string& finalizer : pipeline.at("metadata/finalizers").strings()) {
    if (finalizer != kFinalizer) left.emplace_back(finalizer);
  }
  auto done = api_.json_patch(
      kinds::pipelines, pipeline.at("metadata/namespace").as_string(), pipeline.at("metadata/name").as_string(),
      Json::array({Json::object({{"op", "test"},
                                 {"path", "/metadata/resourceVersion"},
                                 {"value", pipeline.at("metadata/resourceVersion")}}),
                   Json::object({{"op", "replace"}, {"path", "/metadata/finalizers"}, {"value", left}})}));
  if (!done && done.error().reason != "NotFound") return std::move(done).error().context("remove the finalizer");
  return {};
}

}  // namespace tidegate::controllers
