// tidegate-operator: wires the Kubernetes runtime, the observers and the controllers together.
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <random>
#include <thread>

#include "common/base/log.h"
#include "common/base/signals.h"
#include "common/base/text.h"
#include "common/http/server.h"
#include "controllers/kafkacluster/controller.h"
#include "controllers/monitoring/metrics.h"
#include "controllers/monitoring/volume_figures.h"
#include "controllers/observation/kafka_access.h"
#include "controllers/pipeline/controller.h"
#include "controllers/scaling/explain.h"
#include "crds/names.h"
#include "operator/kube/events.h"
#include "operator/kube/manager.h"
#include "operator/options.h"
#include "operator/wiring.h"

namespace tidegate {
namespace {

using namespace controllers;

std::string process_identity() {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  std::random_device random;
  char suffix[9] = {};
  std::snprintf(suffix, sizeof suffix, "%08x", static_cast<unsigned>(random()));
  return cat(host, "_", suffix);
}

Result<std::string> installation_id(const OperatorOptions& options, kube::Api& api) {
  if (!options.installation_id.empty()) return options.installation_id;
  const auto ns = api.get({"", "v1", "namespaces", "Namespace"}, "", "kube-system");
  if (!ns) return ns.error().context("read the namespace kube-system for the installation id");
  return ns->at("metadata/uid").as_string().substr(0, 8);
}

Result<std::unique_ptr<http::Server>> serve(const OperatorOptions& options, const metrics::Registry& registry,
                                            const kube::Manager& manager, const std::atomic<const Scaler*>& scaler) {
  http::Options where;
  where.port = options.metrics_port;
  return http::Server::listen(where, [&](const http::Request& request, const http::Respond& respond) {
    if (request.target == "/metrics") {
      respond({200, "text/plain; version=0.0.4; charset=utf-8", registry.render(), {}});
    } else if (request.target == "/healthz") {
      const auto stuck = manager.stuck();
      respond({stuck ? 500 : 200, "text/plain; charset=utf-8", stuck.value_or("ok"), {}});
    } else if (request.target == "/readyz") {
      respond({manager.ready() ? 200 : 503,
               "text/plain; charset=utf-8",
               manager.ready() ? "ok" : "caches are not filled yet",
               {}});
    } else if (const auto asked = explain_request(request.target)) {
      const auto [status, answer] = explain_answer(manager.leading() ? scaler.load() : nullptr, *asked);
      respond({status, "application/json", answer.dump(), {}});
    } else {
      respond({404, "text/plain; charset=utf-8", "not found", {}});
    }
  });
}

Result<void> run(const OperatorOptions& options) {
  const Signals signals;
  const auto config = kube::load_config(options.kubeconfig);
  if (!config) return config.error();
  auto transport = kube::make_transport(*config, "tidegate-operator");
  auto lease_transport = kube::make_transport(*config, "tidegate-operator/leader-election");
  if (!transport) return transport.error();
  if (!lease_transport) return lease_transport.error();

  metrics::Registry registry;
  kube::Manager::Options manager_options;
  const std::string identity = process_identity();
  if (options.leader_elect) {
    manager_options.lease = kube::LeaseOptions{options.lease_namespace.empty() ? config->ns : options.lease_namespace,
                                               "tidegate-operator", identity};
  }
  kube::Manager manager(**transport, **lease_transport, registry, manager_options);
  std::atomic<const Scaler*> explain{nullptr};
  auto server = serve(options, registry, manager, explain);
  if (!server) return server.error();
  const auto installation = installation_id(options, manager.api());
  if (!installation) return installation.error();

  std::map<std::string, const kube::Store*> stores;
  std::map<std::string, kube::Reflector*> reflectors;
  const auto follow = [&](const kube::Resource& kind, const std::string& selector, kube::Projection keep) {
    kube::Reflector& reflector =
        manager.follow({.resource = kind, .scope = {options.ns, selector}, .keep = std::move(keep)});
    reflectors[kind.plural] = &reflector;
    stores[kind.plural] = &reflector.store();
  };
  const std::string ours = cat(crds::labels::managed_by, "=tidegate");
  follow(kinds::pipelines, "", kube::without_managed_fields);
  follow(kinds::kafka_clusters, "", kube::without_managed_fields);
  for (const auto* kind : {&kinds::stateful_sets, &kinds::deployments, &kinds::services, &kinds::config_maps,
                           &kinds::disruption_budgets}) {
    follow(*kind, ours, kube::without_managed_fields);
  }
  follow(kinds::pods, ours, keep_pod);
  const Caches caches(stores);
  const auto events = kube::make_event_recorder(manager.api(), "tidegate.io/operator", identity);

  kube::Enqueuer* pipeline_queue = nullptr;
  kube::Enqueuer* cluster_queue = nullptr;
  IntakeFigures intake;
  Scaler scaler(caches, *events, intake, {.changed = [&](const kube::Key& key) { pipeline_queue->enqueue(key); }});
  Observers observers({.pipeline_changed = [&](const kube::Key& key) { pipeline_queue->enqueue(key); },
                       .cluster_changed = [&](const kube::Key& key) { cluster_queue->enqueue(key); },
                       .looked = [&](Observer& observer) { scaler.evaluate(observer); }});
  VolumeFigures volumes;
  HealthMonitor monitor(caches, *events,
                        {.pipeline_changed = [&](const kube::Key& key) { pipeline_queue->enqueue(key); },
                         .cluster_changed = [&](const kube::Key& key) { cluster_queue->enqueue(key); },
                         .volumes = [&](const std::vector<kube::ObjectPtr>& pods) { return volumes.of(pods); }});
  WorkerSqlCheck sql_check(options.worker_binary);
  PipelineController pipelines(
      manager.api(), caches, *events, sql_check, observers, scaler, monitor,
      {.installation = *installation,
       .worker_image = options.worker_image,
       .pull_policy = options.worker_pull_policy,
       .connector = [&](const std::string& ns, const std::string& bootstrap, const crds::KafkaChoice& kafka) {
         return kafka_connector(manager.api(), ns, bootstrap, kafka);
       }});
  KafkaClusterController clusters(
      manager.api(), caches, *events, observers, monitor,
      {.image = {options.kafka_image, options.worker_pull_policy, options.worker_image},
       .connector = [&](const std::string& bootstrap) { return kafka_connector(manager.api(), "", bootstrap, {}); }});
  pipeline_queue = &manager.control("pipeline", pipelines, 2);
  cluster_queue = &manager.control("kafkacluster", clusters, 1);

  const auto enqueue_all = [](kube::Enqueuer& queue, const std::vector<kube::Key>& keys) {
    for (const kube::Key& key : keys) queue.enqueue(key);
  };
  const auto own_key = [](const kube::Change& change) -> kube::Key {
    const Json& object = change.after ? *change.after : *change.before;
    return {object.at("metadata/namespace").as_string(), object.at("metadata/name").as_string()};
  };
  reflectors.at("pipelines")->on_change([&](const kube::Change& change) { pipeline_queue->enqueue(own_key(change)); });
  reflectors.at("kafkaclusters")->on_change([&](const kube::Change& change) {
    cluster_queue->enqueue(own_key(change));
    enqueue_all(*pipeline_queue, pipelines_on(change, caches.of(kinds::pipelines)));
  });
  for (const char* kind : {"statefulsets", "deployments", "services", "configmaps", "poddisruptionbudgets", "pods"}) {
    reflectors.at(kind)->on_change([&](const kube::Change& change) {
      enqueue_all(*pipeline_queue, labelled_keys(change, crds::labels::pipeline));
      enqueue_all(*cluster_queue, labelled_keys(change, crds::labels::kafka_cluster));
    });
  }
  publish_health(registry, monitor, caches);
  publish_scaling(registry, scaler);
  explain.store(&scaler);

  std::jthread intake_thread([&](const std::stop_token& stop) { intake.run(stop); });
  std::jthread scaler_thread([&](const std::stop_token& stop) { scaler.run(stop); });
  std::jthread volumes_thread([&](const std::stop_token& stop) { volumes.run(stop); });
  std::jthread monitor_thread([&](const std::stop_token& stop) { monitor.run(stop); });

  log::info(
      "started",
      {{"installation", *installation}, {"workerImage", options.worker_image}, {"kafkaImage", options.kafka_image}});
  auto done = manager.run(signals.token());
  monitor_thread = {};
  volumes_thread = {};
  scaler_thread = {};
  intake_thread = {};
  observers.stop();
  (*server)->stop();
  return done;
}

}  // namespace
}  // namespace tidegate

int main(int argc, char** argv) {
  const auto options = tidegate::parse_options(argc, argv);
  if (!options) {
    std::fprintf(stderr, "tidegate-operator: %s\n%s", options.error().message.c_str(), tidegate::kOperatorUsage);
    return 2;
  }
  if (options->help) {
    std::fputs(tidegate::kOperatorUsage, stdout);
    return 0;
  }
  tidegate::log::set_level(tidegate::log::parse_level(options->log_level));
  if (const auto done = tidegate::run(*options); !done) {
    tidegate::log::error("ended", {{"reason", done.error().reason}, {"error", done.error().message}});
    return 1;
  }
  return 0;
}
