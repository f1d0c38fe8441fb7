#include "controllers/pipeline/controller.h"

#include <algorithm>

#include "common/base/log.h"
#include "common/base/text.h"
#include "controllers/shared/rollout.h"
#include "crds/names.h"

namespace tidegate::controllers {
namespace {

constexpr Duration retry_references{10'000};  // a Secret that somebody is about to make
constexpr Duration first_look{10'000};
constexpr Duration look_again{1'000};
constexpr Duration resync{600'000};

bool has_finalizer(const Json& pipeline) {
  const auto all = pipeline.at("metadata/finalizers").strings();
  return std::find(all.begin(), all.end(), kFinalizer) != all.end();
}

// Observers of external clusters also differ by who signs in, and from where the secrets come.
std::string observer_identity(const kube::Key& key, const Json& spec) {
  const std::string identity = kafka_identity(key.ns, key.name, spec);
  if (!spec.has("kafka/external")) return identity;
  return cat(identity, "#", key.ns, "#", sha256_hex(spec.at("kafka/external").dump()).substr(0, 16));
}

}  // namespace

bool needs_finalizer(const Json& spec) {
  const auto& topics = spec.at("topics").items();
  return std::any_of(topics.begin(), topics.end(),
                     [](const Json& topic) { return topic.at("deletionPolicy").as_string() == "Delete"; });
}

PipelineController::Memory& PipelineController::memory_of(const kube::Key& key, const std::string& uid) {
  const std::lock_guard lock(mutex_);
  Memory& memory = memory_[key];
  if (memory.uid != uid) {
    memory = Memory{};
    memory.uid = uid;
    memory.since = options_.clock.steady();
  }
  return memory;
}

Result<std::optional<Duration>> PipelineController::reconcile(const kube::Key& key) {
  Run run;
  run.key = key;
  run.pipeline = caches_.of(kinds::pipelines).get(key.ns, key.name);
  if (!run.pipeline) {
    observers_.forget(key);
    scaler_.forget(key);
    monitor_.forget(key);
    const std::lock_guard lock(mutex_);
    memory_.erase(key);
    return std::optional<Duration>{};
  }
  const Json& pipeline = *run.pipeline;
  run.memory = &memory_of(key, pipeline.at("metadata/uid").as_string());
  run.context = {key.ns, key.name, options_.installation, "", options_.worker_image, options_.pull_policy, {}};
  if (pipeline.has("metadata/deletionTimestamp")) return finish(run);
  if (needs_finalizer(pipeline.at("spec")) && !has_finalizer(pipeline)) {
    // The watch calls again when the server has it.
    if (auto added = add_finalizer(pipeline); !added) return added.error();
    return std::optional<Duration>{};
  }

  run.report.generation = pipeline.at("metadata/generation").as_int();
  accept(run);
  if (run.accepted) {
    connect(run);
    scale(run);
    monitor_.watch(key, plan_monitoring(key.name, *run.accepted), run.observer, learned(run, kHealthLearned));
    if (auto kept = keep_learned(run); !kept) {
      log::warn("what was learned cannot be written",
                {{"namespace", key.ns}, {"pipeline", key.name}, {"error", kept.error().message}});
    }
    for (auto step : {&PipelineController::make_topics, &PipelineController::run_stages}) {
      auto done = (this->*step)(run);
      if (done) continue;
      if (done.error().reason == "NameTaken")
        run.report.stalled = done.error();
      else
        run.failure = done.error();
      if (!run.report.rolling_out) run.report.rolling_out = done.error();
      break;
    }
    look_at_stages(run);
  } else {
    monitor_.watch(key, {}, nullptr, {});
  }
  run.report.problems = monitor_.problems(key);
  if (!run.failure && !looked_enough(run)) return std::optional<Duration>{look_again};
  if (auto written = write_status(run); !written) return written.error();
  if (run.failure) return *run.failure;
  return std::optional<Duration>{run.again.value_or(resync)};
}

Result<void> PipelineController::add_finalizer(const Json& pipeline) {
  Json all = Json::array(pipeline.at("metadata/finalizers").strings());
  all.push_back(kFinalizer);
  auto done = api_.json_patch(
      kinds::pipelines, pipeline.at("metadata/namespace").as_string(), pipeline.at("metadata/name").as_string(),
      Json::array({Json::object({{"op", "test"},
                                 {"path", "/metadata/resourceVersion"},
                                 {"value", pipeline.at("metadata/resourceVersion")}}),
                   Json::object({{"op", "add"}, {"path", "/metadata/finalizers"}, {"value", all}})}));
  if (!done) return std::move(done).error().context("add the finalizer");
  return {};
}

// Accepts the spec if it can; otherwise what was accepted last stays.
void PipelineController::accept(Run& run) {
  const Json& spec = run.pipeline->at("spec");
  if (const auto kept = children_.find(kinds::config_maps, run.key.ns, accepted_name(run.key.name))) {
    run.accepted = read_accepted(*kept);
  }
  if (run.accepted && run.accepted->spec_json == spec) return;
  auto judged = acceptance_.judge(*run.pipeline);
  if (judged) {
    if (auto kept = keep(run, *judged); !kept) {
      if (kept.error().reason == "NameTaken")
        run.report.stalled = kept.error();
      else
        run.failure = kept.error();
    } else {
      run.accepted = std::move(*judged);
    }
  } else if (is_verdict(judged.error())) {
    run.report.stalled = judged.error();
    const std::string& reason = judged.error().reason;
    if (reason == "ReferenceNotFound" || reason == "TopicConflict") run.again = retry_references;
  } else {
    run.failure = judged.error();
    run.report.rolling_out = judged.error();
  }
  run.report.accepted = run.accepted.has_value();
}

Result<void> PipelineController::keep(Run& run, const Accepted& accepted) {
  return children_.apply(*run.pipeline, accepted_child(*run.pipeline, accepted));
}

// Finds out how to reach Kafka, makes the managed one, and tells the observer what to look at.
void PipelineController::connect(Run& run) {
  const crds::KafkaChoice& kafka = run.accepted->spec.kafka;
  if (kafka.external) {
    run.context.bootstrap_servers = kafka.external->bootstrap_servers;
  } else {
    run.report.cluster = kafka.managed ? run.key.name : kafka.cluster_ref;
    run.context.bootstrap_servers = crds::kafka_bootstrap_servers(run.key.ns, run.report.cluster);
  }
  run.report.bootstrap_servers = run.context.bootstrap_servers;
  if (kafka.managed) {
    if (auto made = children_.apply(*run.pipeline, plan_kafka_cluster(run.context, *run.accepted)); !made) {
      if (made.error().reason == "NameTaken")
        run.report.stalled = made.error();
      else
        run.failure = made.error();
    }
  }
  const std::string identity = observer_identity(run.key, run.accepted->spec_json);
  if (run.memory->observer != identity) {
    if (!run.memory->observer.empty()) observers_.forget(run.key);
    run.memory->observer = identity;
    run.memory->configured.clear();
  }
  run.observer = observers_.get(identity, options_.connector(run.key.ns, run.context.bootstrap_servers, kafka));
  run.observer->watch(run.key, watch_of(run));
  run.view = run.observer->pipeline(run.key);
  if (run.view.cluster.reachable || run.report.cluster.empty()) return;
  // What the KafkaCluster says about itself explains more than that nobody answers.
  const auto cluster = caches_.of(kinds::kafka_clusters).get(run.key.ns, run.report.cluster);
  const Json& ready = cluster ? find_condition(cluster->at("status"), "Ready") : find_condition(Json(), "Ready");
  if (ready.at("status").as_string() == "False") run.view.cluster.problem = ready.at("message").as_string();
}

// An operator that has just started does not take back what is known to be true before it has looked itself.
bool PipelineController::looked_enough(const Run& run) const {
  const Json& status = run.pipeline->at("status");
  if (!run.accepted || run.report.stalled || status.at("observedGeneration") != run.pipeline->at("metadata/generation"))
    return true;
  if (options_.clock.steady() - run.memory->since >= first_look) return true;
  const bool figures = std::all_of(run.report.stages.begin(), run.report.stages.end(), [](const StageReport& stage) {
    return stage.kind == "source" || stage.ready == 0 || stage.figures.known;
  });
  return run.view.cluster.known && figures;
}

PipelineWatch PipelineController::watch_of(const Run& run) const {
  PipelineWatch out;
  for (const WantedTopic& topic : wanted_topics(run.context, *run.accepted)) out.topics.insert(topic.name);
  const auto add = [&](const crds::Stage& stage, const std::string& topic, crds::Start start) {
    const bool active = summarize_pods(pods_of(run, stage.name)).running > 0;
    out.stages.push_back({stage.name, crds::consumer_group(options_.installation, run.key.ns, run.key.name, stage.name),
                          topic, start, active});
  };
  for (const auto& source : run.accepted->spec.sources) {
    if (!source.file) continue;
    add(source, source.to, crds::Start::earliest);
    out.stages.back().fills = true;
  }
  for (const auto& processor : run.accepted->spec.processors) add(processor, processor.from, processor.start);
  for (const auto& sink : run.accepted->spec.sinks) add(sink, sink.from, sink.start);
  return out;
}

Result<void> PipelineController::make_topics(Run& run) {
  run.report.topics = read_topic_records(run.pipeline->at("status"));
  const auto wanted = wanted_topics(run.context, *run.accepted);
  const auto link = run.observer->link();
  if (!link || !run.view.described) {
    const bool known = std::all_of(wanted.begin(), wanted.end(), [&](const WantedTopic& topic) {
      const auto record = run.report.topics.find(topic.name);
      return record != run.report.topics.end() && !record->second.id.empty();
    });
    if (!known)
      run.report.rolling_out =
          Error{"WaitingForKafka", cat("topics are made when Kafka answers: ", run.view.cluster.problem)};
    return {};
  }
  TopicPlan plan = plan_topics(wanted, run.report.topics, run.view.cluster.topics, run.view.cluster.brokers);
  run.report.topics = plan.records;
  if (!plan.missing.empty()) {
    run.report.stalled =
        Error{"TopicNotFound", cat("topic '", plan.missing.front(), "' has existing: true but does not exist")};
    run.again = retry_references;
  }
  if (!plan.complete) run.report.rolling_out = Error{"MakingTopics", "topics are being made"};
  if (plan.record_first) {
    if (auto written = write_status(run); !written) return written;
  }
  for (const std::string& topic : plan.recreated) {
    events_.record(*run.pipeline, true, "TopicLost",
                   cat("topic ", topic, " was deleted by somebody; it is made again, empty"));
  }
  for (const kafka::TopicSpec& topic : plan.create) {
    auto made = link->create_topic(topic);
    if (!made && made.error().message.find("already exists") != std::string::npos) {
      run.report.topics[topic.name].created = false;  // somebody was faster: theirs
    } else if (!made) {
      return made;
    } else {
      log::info("made a topic", {{"namespace", run.key.ns}, {"pipeline", run.key.name}, {"topic", topic.name}});
    }
  }
  for (const auto& [topic, partitions] : plan.raise) {
    if (auto raised = link->raise_partitions(topic, partitions); !raised) {
      return raised;
    }
  }
  if (!plan.create.empty() || !plan.raise.empty()) run.observer->refresh();
  return configure_topics(run, *link, wanted);
}

Result<void> PipelineController::configure_topics(Run& run, KafkaLink& link, const std::vector<WantedTopic>& wanted) {
  for (const WantedTopic& topic : wanted) {
    if (topic.existing || topic.config.empty() || !run.view.cluster.topics.count(topic.name)) continue;
    std::string mark = topic.name;
    for (const auto& [name, value] : topic.config) mark += cat(" ", name, "=", value);
    if (run.memory->configured.count(mark)) continue;
    const auto has = link.topic_config(topic.name);
    if (!has) return has.error();
    const bool same = std::all_of(topic.config.begin(), topic.config.end(), [&](const auto& setting) {
      const auto found = has->find(setting.first);
      return found != has->end() && found->second == setting.second;
    });
    if (!same) {
      if (auto set = link.set_topic_config(topic.name, topic.config); !set) {
        return set;
      }
    }
    run.memory->configured.insert(mark);
  }
  return {};
}

// Applies the stages once their topics are there; what runs already is healed whatever Kafka does.
Result<void> PipelineController::run_stages(Run& run) {
  const auto& records = run.report.topics;
  const auto wanted = wanted_topics(run.context, *run.accepted);
  const bool topics_there = std::all_of(wanted.begin(), wanted.end(), [&](const WantedTopic& topic) {
    const auto record = records.find(topic.name);
    return record != records.end() && !record->second.id.empty();
  });
  const bool runs = !children_.owned(*run.pipeline, kinds::stateful_sets, crds::labels::pipeline).empty() ||
                    !children_.owned(*run.pipeline, kinds::deployments, crds::labels::pipeline).empty();
  if (!topics_there && !runs) return {};
  const auto children = plan_stages(run.context, *run.accepted);
  bool rolled_out = true;
  for (const Child& child : children) {
    if (auto applied = children_.apply(*run.pipeline, child); !applied) return applied;
    if (child.kind.plural != "statefulsets" && child.kind.plural != "deployments") continue;
    const auto live = children_.find(child.kind, run.key.ns, child.object.at("metadata/name").as_string());
    const auto pending = rollout_pending(live ? *live : child.object,
                                         child.object.at("metadata/labels").get(crds::labels::stage).as_string());
    if (pending) rolled_out = false;
    if (pending && !run.report.rolling_out) run.report.rolling_out = pending;
  }
  return prune(run, children, rolled_out);
}

Result<void> PipelineController::prune(const Run& run, const std::vector<Child>& wanted, bool rolled_out) {
  std::set<std::pair<std::string, std::string>> keep{{"configmaps", accepted_name(run.key.name)},
                                                     {"configmaps", learned_name(run.key.name)}};
  for (const Child& child : wanted) keep.insert({child.kind.plural, child.object.at("metadata/name").as_string()});
  for (const auto* kind : {&kinds::stateful_sets, &kinds::deployments, &kinds::services, &kinds::config_maps}) {
    // Pods of the old version may still have to be made anew with their settings.
    if (kind == &kinds::config_maps && !rolled_out) continue;
    for (const auto& object : children_.owned(*run.pipeline, *kind, crds::labels::pipeline)) {
      if (keep.count({kind->plural, object->at("metadata/name").as_string()})) continue;
      if (auto removed = children_.remove(*kind, *object); !removed) return removed;
    }
  }
  return {};
}

std::vector<kube::ObjectPtr> PipelineController::pods_of(const Run& run, const std::string& stage) const {
  std::vector<kube::ObjectPtr> out;
  for (auto& pod : caches_.of(kinds::pods).list(run.key.ns, crds::labels::pipeline, run.key.name)) {
    if (pod->at("metadata/labels").get(crds::labels::stage).as_string() == stage) out.push_back(std::move(pod));
  }
  return out;
}

void PipelineController::look_at_stages(Run& run) {
  const crds::PipelineSpec& spec = run.accepted->spec;
  const std::string problem = run.view.cluster.problem.empty() ? "it has not answered yet" : run.view.cluster.problem;
  const auto add = [&](const crds::Stage& stage, const char* kind, const std::string& topic, const std::string& url) {
    const PodSummary pods = summarize_pods(pods_of(run, stage.name));
    const int replicas = replicas_of(run.context, stage, spec.paused && std::string_view(kind) != "source");
    StageReport report{stage.name, kind, {}, replicas, pods.ready, {}, {}, url};
    if (const auto found = run.view.stages.find(stage.name); found != run.view.stages.end())
      report.figures = found->second;
    if (const auto found = run.view.topic_rates.find(topic); found != run.view.topic_rates.end())
      report.append_rate = found->second;
    report.verdict = judge({kind, replicas, stage.scale && !spec.paused, pods, run.view.cluster.reachable, problem,
                            report.figures, report.append_rate});
    if (report.kind != "source") warn_about_replicas(run, report, topic);
    if (report.verdict.message.empty()) report.verdict.message = stage.purpose;
    run.report.stages.push_back(std::move(report));
  };
  for (const auto& source : spec.sources) add(source, "source", source.to, source_url(run.context, source));
  for (const auto& stage : spec.processors) add(stage, "processor", stage.from, "");
  for (const auto& stage : spec.sinks) add(stage, "sink", stage.from, "");
  for (const crds::Topic& topic : spec.topics) {
    const bool inner =
        std::any_of(spec.processors.begin(), spec.processors.end(), [&](const auto& p) { return p.to == topic.name; });
    const auto rate = run.view.topic_rates.find(topic.name);
    if (!inner && rate != run.view.topic_rates.end()) {
      run.report.events_per_second = run.report.events_per_second.value_or(0) + rate->second;
    }
  }
}

void PipelineController::warn_about_replicas(Run& run, StageReport& stage, const std::string& topic) {
  const auto record = run.report.topics.find(topic);
  if (record == run.report.topics.end() || record->second.partitions == 0 ||
      stage.replicas <= record->second.partitions)
    return;
  const std::string text = cat(std::to_string(stage.replicas), " replicas, but topic ", topic, " has ",
                               std::to_string(record->second.partitions), " partitions: the others have nothing to do");
  if (stage.verdict.message.empty()) stage.verdict.message = text;
  const std::string mark = cat(" ", stage.name, ":", text);
  if (run.memory->warned.find(mark) != std::string::npos) return;
  run.memory->warned += mark;
  events_.record(*run.pipeline, true, "ReplicasBeyondPartitions", cat(stage.kind, " ", stage.name, ": ", text));
}

}  // namespace tidegate::controllers
