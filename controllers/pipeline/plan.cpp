#include "controllers/pipeline/plan.h"

#include "common/base/text.h"
#include "controllers/pipeline/labels.h"
#include "controllers/pipeline/stage_settings.h"
#include "controllers/pipeline/user_container.h"
#include "controllers/shared/pods.h"

namespace tidegate::controllers {
namespace {

constexpr int worker_user = 65532;
constexpr std::int64_t kTmpMebibytes = 256;
constexpr std::int64_t kSpillMebibytes = 2048;  // for rows of open windows that memory does not take

// The objects of one stage.
class StagePlanner {
 public:
  // `beside`: the user's own container, if the stage has one.
  StagePlanner(const PipelineContext& context, const crds::Stage& stage, const char* component,
               const StageSettings& settings, const std::optional<crds::Container>& beside = std::nullopt)
      : context_(context),
        stage_(stage),
        component_(component),
        settings_(settings),
        beside_(beside),
        name_(crds::stage_child(context.name, stage.name)),
        settings_text_(settings.json.dump(1)),
        settings_name_(cat(name_, "-", sha256_hex(settings_text_).substr(0, 8))) {}

  Child config_map() const {
    Json out = object(kinds::config_maps, settings_name_);
    out["immutable"] = true;
    out["data"] = Json::object({{"stage.json", settings_text_}});
    return {kinds::config_maps, out};
  }

  Child stateful_set(int replicas) const {
    Json out = object(kinds::stateful_sets, name_);
    out["spec"] = Json::object({{"replicas", replicas},
                                {"podManagementPolicy", "Parallel"},
                                {"selector", Json::object({{"matchLabels", selector()}})},
                                {"template", pod_template({})}});
    return {kinds::stateful_sets, out};
  }

  // `http_port`: 0 for none.
  Child deployment(int http_port) const {
    Json out = object(kinds::deployments, name_);
    out["spec"] = Json::object(
        {{"replicas", replicas_of(context_, stage_, false)},
         {"strategy", strategy()},
         {"selector", Json::object({{"matchLabels", selector()}})},
         {"template", pod_template(http_port > 0 ? Json::array({port("http", http_port)}) : Json(Json::Array{}))}});
    return {kinds::deployments, out};
  }

  Child service(int http_port) const {
    Json out = object(kinds::services, name_);
    out["spec"] = Json::object(
        {{"selector", selector()},
         {"ports", Json::array({Json::object(
                       {{"name", "http"}, {"port", http_port}, {"targetPort", "http"}, {"protocol", "TCP"}})})}});
    return {kinds::services, out};
  }

 private:
  Json selector() const {
    Json out = Json::object({{crds::labels::name, "tidegate-worker"}, {crds::labels::stage, stage_.name}});
    out[crds::labels::pipeline] = context_.name;
    return out;
  }

  Json labels() const {
    Json out = selector();
    out[crds::labels::instance] = context_.name;
    out[crds::labels::component] = component_;
    out[crds::labels::managed_by] = "tidegate";
    return out;
  }

  Json object(const kube::Resource& kind, const std::string& name) const {
    return Json::object(
        {{"apiVersion", kind.api_version()},
         {"kind", kind.kind},
         {"metadata", Json::object({{"name", name}, {"namespace", context_.ns}, {"labels", labels()}})}});
  }

  // Clients must always find somebody; but who reads files reads them alone, and a volume may be of one node.
  Json strategy() const {
    if (settings_.files) return Json::object({{"type", "Recreate"}});
    return Json::object(
        {{"type", "RollingUpdate"}, {"rollingUpdate", Json::object({{"maxUnavailable", 0}, {"maxSurge", 1}})}});
  }

  static Json port(const std::string& name, int number) {
    return Json::object({{"name", name}, {"containerPort", number}, {"protocol", "TCP"}});
  }

  static Json probe(const char* path, int period, int failures) {
    return Json::object({{"httpGet", Json::object({{"path", path}, {"port", "metrics"}})},
                         {"periodSeconds", period},
                         {"timeoutSeconds", 2},
                         {"failureThreshold", failures}});
  }

  Json environment() const {
    const auto from = [](const char* name, const char* kind, const char* member, const char* value) {
      const Json source = Json::object({{kind, Json::object({{member, value}})}});
      return Json::object({{"name", name}, {"valueFrom", source}});
    };
    // The pod's name is the worker's identity in its consumer group.
    Json out = Json::array({from("POD_NAME", "fieldRef", "fieldPath", "metadata.name")});
    if (has_windows() || settings_.json.at("sink").has("s3") || settings_.json.at("sink").has("file")) {
      out.push_back(from("TIDEGATE_MEMORY_BYTES", "resourceFieldRef", "resource", "limits.memory"));
    }
    if (!has_windows()) return out;
    out.push_back(Json::object({{"name", "TIDEGATE_SPILL_DIRECTORY"}, {"value", "/tmp/windows"}}));
    out.push_back(Json::object({{"name", "TIDEGATE_SPILL_BYTES"}, {"value", std::to_string(kSpillMebibytes << 20)}}));
    return out;
  }

  bool has_windows() const { return settings_.json.has("window"); }

  Json container(const Json& extra_ports) const {
    Json ports = Json::array({port("metrics", kMetricsPort)});
    for (const Json& extra : extra_ports.items()) ports.push_back(extra);
    Json mounts =
        Json::array({Json::object({{"name", "stage"}, {"mountPath", "/etc/tidegate/stage"}, {"readOnly", true}}),
                     Json::object({{"name", "tmp"}, {"mountPath", "/tmp"}})});
    for (const SecretMount& secret : settings_.secrets) {
      mounts.push_back(Json::object(
          {{"name", secret.purpose}, {"mountPath", "/etc/tidegate/secrets/" + secret.purpose}, {"readOnly", true}}));
    }
    if (settings_.files) {
      // The mount alone is read-only: a volume that is so as a whole keeps its owner, whatever fsGroup says.
      mounts.push_back(
          Json::object({{"name", "files"}, {"mountPath", kFilesDirectory}, {"readOnly", settings_.files->read_only}}));
    }
    return Json::object(
        {{"name", "worker"},
         {"image", context_.worker_image},
         {"imagePullPolicy", context_.pull_policy},
         {"command", Json::array({"tidegate-worker", "run", "--config", "/etc/tidegate/stage/stage.json"})},
         {"env", environment()},
         {"ports", ports},
         {"resources", container_resources(stage_.resources)},
         {"securityContext", container_security()},
         {"startupProbe", probe("/healthz", 1, 60)},
         {"readinessProbe", probe("/readyz", 2, 3)},
         {"livenessProbe", probe("/healthz", 10, 6)},
         {"terminationMessagePolicy", "FallbackToLogsOnError"},
         {"volumeMounts", mounts}});
  }

  Json pod_template(const Json& extra_ports) const {
    const std::string tmp_size = cat(std::to_string(kTmpMebibytes + (has_windows() ? kSpillMebibytes : 0)), "Mi");
    Json volumes =
        Json::array({Json::object({{"name", "stage"}, {"configMap", Json::object({{"name", settings_name_}})}}),
                     Json::object({{"name", "tmp"}, {"emptyDir", Json::object({{"sizeLimit", tmp_size}})}})});
    for (const SecretMount& secret : settings_.secrets) {
      const Json item = Json::object({{"key", secret.ref.key}, {"path", secret.ref.key}});
      volumes.push_back(Json::object(
          {{"name", secret.purpose},
           {"secret",
            Json::object({{"secretName", secret.ref.name}, {"items", Json::array({item})}, {"defaultMode", 0440}})}}));
    }
    if (settings_.files) {
      const Json claim = Json::object({{"claimName", settings_.files->claim}});
      volumes.push_back(Json::object({{"name", "files"}, {"persistentVolumeClaim", claim}}));
    }
    Json spec = Json::object({{"automountServiceAccountToken", false},
                              {"enableServiceLinks", false},
                              {"securityContext", pod_security(worker_user)},
                              {"terminationGracePeriodSeconds", 30},
                              {"containers", Json::array({container(extra_ports)})},
                              {"volumes", volumes}});
    if (beside_) add_user_container(*beside_, spec);
    return Json::object({{"metadata", Json::object({{"labels", labels()}})}, {"spec", std::move(spec)}});
  }

  const PipelineContext& context_;
  const crds::Stage& stage_;
  const char* component_;
  const StageSettings& settings_;
  const std::optional<crds::Container> beside_;
  const std::string name_;
  const std::string settings_text_;
  const std::string settings_name_;
};

}  // namespace

Child plan_kafka_cluster(const PipelineContext& context, const Accepted& accepted) {
  return {kinds::kafka_clusters, Json::object({{"apiVersion", kinds::kafka_clusters.api_version()},
                                               {"kind", kinds::kafka_clusters.kind},
                                               {"metadata", Json::object({{"name", context.name},
                                                                          {"namespace", context.ns},
                                                                          {"labels", pipeline_labels(context.name)}})},
                                               {"spec", accepted.spec_json.at("kafka/managed")}})};
}

int replicas_of(const PipelineContext& context, const crds::Stage& stage, bool paused) {
  if (paused) return 0;
  const auto decided = context.replicas.find(stage.name);
  if (decided != context.replicas.end()) return decided->second;
  return stage.scale ? stage.scale->min : stage.replicas;
}

std::vector<Child> plan_stages(const PipelineContext& context, const Accepted& accepted) {
  std::vector<Child> out;
  const bool paused = accepted.spec.paused;
  for (const crds::Source& source : accepted.spec.sources) {
    const StageSettings settings = source_settings(context, accepted, source);
    const StagePlanner planner(context, source, "source", settings);
    out.push_back(planner.config_map());
    out.push_back(planner.deployment(source.takes_requests() ? source.http_port : 0));
    if (source.takes_requests()) out.push_back(planner.service(source.http_port));
  }
  for (const crds::Processor& processor : accepted.spec.processors) {
    const StageSettings settings = processor_settings(context, accepted, processor);
    const StagePlanner planner(context, processor, "processor", settings);
    for (Child child : {planner.config_map(), planner.stateful_set(replicas_of(context, processor, paused))})
      out.push_back(std::move(child));
  }
  for (const crds::Sink& sink : accepted.spec.sinks) {
    const StageSettings settings = sink_settings(context, accepted, sink);
    const StagePlanner planner(context, sink, "sink", settings, sink.container);
    for (Child child : {planner.config_map(), planner.stateful_set(replicas_of(context, sink, paused))})
      out.push_back(std::move(child));
  }
  return out;
}

std::string source_url(const PipelineContext& context, const crds::Source& source) {
  if (!source.takes_requests()) return "";
  return cat("http://", crds::stage_child(context.name, source.name), ".", context.ns,
             ".svc:", std::to_string(source.http_port), "/");
}

}  // namespace tidegate::controllers
