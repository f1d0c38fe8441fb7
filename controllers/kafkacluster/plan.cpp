#include "controllers/kafkacluster/plan.h"

#include <algorithm>

#include "common/base/text.h"
#include "controllers/shared/pods.h"
#include "controllers/shared/quantity.h"
#include "crds/names.h"

namespace tidegate::controllers {
namespace {

constexpr const char* kDataPath = "/var/lib/kafka/data";
constexpr int kafka_user = 1000;  // appuser of the official image

class Planner {
 public:
  Planner(const ClusterIdentity& cluster, const crds::KafkaClusterSpec& spec, const KafkaImage& image)
      : cluster_(cluster), spec_(spec), image_(image), brokers_(crds::kafka_brokers(cluster.name)) {}

  std::vector<Child> plan() const {
    std::vector<Child> out{config_map(), headless_service(), client_service(), stateful_set()};
    if (spec_.replicas > 1) out.push_back(disruption_budget());
    return out;
  }

 private:
  Json selector() const {
    return Json::object({{crds::labels::name, "kafka"}, {crds::labels::kafka_cluster, cluster_.name}});
  }

  Json labels() const {
    Json out = selector();
    out[crds::labels::instance] = cluster_.name;
    out[crds::labels::component] = "broker";
    out[crds::labels::managed_by] = "tidegate";
    return out;
  }

  Json object(const kube::Resource& kind, const std::string& name) const {
    return Json::object(
        {{"apiVersion", kind.api_version()},
         {"kind", kind.kind},
         {"metadata", Json::object({{"name", name}, {"namespace", cluster_.ns}, {"labels", labels()}})}});
  }

  Json config_data() const {
    return Json::object({{"server.properties", server_properties(cluster_, spec_)},
                         {"start.sh", start_script(cluster_, spec_.replicas)},
                         {"log4j2.yaml", log4j_config()}});
  }

  Child config_map() const {
    Json out = object(kinds::config_maps, brokers_);
    out["data"] = config_data();
    return {kinds::config_maps, out};
  }

  Child headless_service() const {
    Json out = object(kinds::services, brokers_);
    // Nodes look for each other before any of them is ready.
    out["spec"] = Json::object({{"clusterIP", "None"},
                                {"publishNotReadyAddresses", true},
                                {"selector", selector()},
                                {"ports", Json::array({port("kafka", 9092), port("controller", 9093)})}});
    return {kinds::services, out};
  }

  Child client_service() const {
    Json out = object(kinds::services, crds::kafka_bootstrap(cluster_.name));
    out["spec"] = Json::object({{"selector", selector()}, {"ports", Json::array({port("kafka", 9092)})}});
    return {kinds::services, out};
  }

  static Json port(const std::string& name, int number) {
    return Json::object({{"name", name}, {"port", number}, {"targetPort", number}, {"protocol", "TCP"}});
  }

  Child disruption_budget() const {
    Json out = object(kinds::disruption_budgets, brokers_);
    out["spec"] = Json::object({{"maxUnavailable", 1}, {"selector", Json::object({{"matchLabels", selector()}})}});
    return {kinds::disruption_budgets, out};
  }

  Child stateful_set() const {
    const char* when_deleted = spec_.deletion_policy == crds::DeletionPolicy::remove ? "Delete" : "Retain";
    Json out = object(kinds::stateful_sets, brokers_);
    out["spec"] = Json::object({{"serviceName", brokers_},
                                {"replicas", spec_.replicas},
                                {"podManagementPolicy", "Parallel"},
                                {"selector", Json::object({{"matchLabels", selector()}})},
                                {"persistentVolumeClaimRetentionPolicy",
                                 Json::object({{"whenDeleted", when_deleted}, {"whenScaled", "Retain"}})},
                                {"template", pod_template()},
                                {"volumeClaimTemplates", Json::array({volume_claim()})}});
    return {kinds::stateful_sets, out};
  }

  Json volume_claim() const {
    Json spec =
        Json::object({{"accessModes", Json::array({"ReadWriteOnce"})},
                      {"resources", Json::object({{"requests", Json::object({{"storage", spec_.storage_size}})}})}});
    if (!spec_.storage_class.empty()) spec["storageClassName"] = spec_.storage_class;
    return Json::object({{"metadata", Json::object({{"name", "data"}, {"labels", selector()}})}, {"spec", spec}});
  }

  Json pod_template() const {
    const std::string hash = sha256_hex(config_data().dump()).substr(0, 16);
    Json spec = Json::object(
        {{"automountServiceAccountToken", false},
         {"enableServiceLinks", false},
         {"securityContext", pod_security(kafka_user)},
         // Stopping hands leadership over; the last of three waits in vain for a quorum.
         {"terminationGracePeriodSeconds", 60},
         {"containers", Json::array({container(), volume_container()})},
         {"volumes", Json::array({
                         Json::object({{"name", "config"}, {"configMap", Json::object({{"name", brokers_}})}}),
                         Json::object({{"name", "tmp"}, {"emptyDir", Json::object({{"sizeLimit", "256Mi"}})}}),
                     })}});
    if (spec_.replicas > 1) spec["topologySpreadConstraints"] = Json::array({spread()});
    return Json::object(
        {{"metadata",
          Json::object({{"labels", labels()}, {"annotations", Json::object({{"tidegate.io/config-hash", hash}})}})},
         {"spec", spec}});
  }

  Json spread() const {
    return Json::object({{"maxSkew", 1},
                         {"topologyKey", "kubernetes.io/hostname"},
                         {"whenUnsatisfiable", "ScheduleAnyway"},
                         {"labelSelector", Json::object({{"matchLabels", selector()}})}});
  }

  Json container() const {
    const Json alive = Json::object({{"port", 9092}});
    return Json::object(
        {{"name", "kafka"},
         {"image", image_.name},
         {"imagePullPolicy", image_.pull_policy},
         {"command", Json::array({"/bin/sh", "/etc/kafka/start.sh"})},
         {"env", Json::array({variable("KAFKA_HEAP_OPTS", heap()), variable("LOG_DIR", "/tmp/logs"),
                              variable("EXTRA_ARGS", "-name kafkaServer"),
                              variable("KAFKA_LOG4J_OPTS", "-Dlog4j2.configurationFile=/etc/kafka/log4j2.yaml")})},
         {"ports", Json::array({container_port("kafka", 9092), container_port("controller", 9093)})},
         {"resources", container_resources(spec_.resources)},
         {"securityContext", container_security()},
         // Recovery after a crash can take minutes on a large volume.
         {"startupProbe", Json::object({{"tcpSocket", alive}, {"periodSeconds", 1}, {"failureThreshold", 600}})},
         {"readinessProbe", Json::object({{"tcpSocket", alive}, {"periodSeconds", 5}, {"failureThreshold", 2}})},
         {"livenessProbe", Json::object({{"tcpSocket", alive}, {"periodSeconds", 10}, {"failureThreshold", 6}})},
         {"volumeMounts", Json::array({mount("config", "/etc/kafka", true), mount("data", kDataPath, false),
                                       mount("tmp", "/tmp", false)})}});
  }

  // Not asked whether it is ready: a broker must not be taken out because nobody can tell how full it is.
  Json volume_container() const {
    const Json alive = Json::object({{"path", "/healthz"}, {"port", "metrics"}});
    return Json::object(
        {{"name", "volume"},
         {"image", image_.worker},
         {"imagePullPolicy", image_.pull_policy},
         {"command", Json::array({"tidegate-worker", "volume", "--path", kDataPath, "--port", "9400"})},
         {"ports", Json::array({container_port("metrics", 9400)})},
         {"resources", Json::object({{"requests", Json::object({{"cpu", "1m"}, {"memory", "32Mi"}})},
                                     {"limits", Json::object({{"cpu", "100m"}, {"memory", "64Mi"}})}})},
         {"securityContext", container_security()},
         {"startupProbe", Json::object({{"httpGet", alive}, {"periodSeconds", 1}, {"failureThreshold", 60}})},
         {"livenessProbe", Json::object({{"httpGet", alive}, {"periodSeconds", 30}, {"failureThreshold", 4}})},
         {"volumeMounts", Json::array({mount("data", kDataPath, true)})}});
  }

  static Json variable(const std::string& name, const std::string& value) {
    return Json::object({{"name", name}, {"value", value}});
  }

  static Json container_port(const std::string& name, int number) {
    return Json::object({{"name", name}, {"containerPort", number}, {"protocol", "TCP"}});
  }

  static Json mount(const std::string& name, const std::string& path, bool read_only) {
    Json out = Json::object({{"name", name}, {"mountPath", path}});
    if (read_only) out["readOnly"] = true;
    return out;
  }

  // Half of the memory limit: the rest is for the JVM itself and for the page cache, which counts as well.
  std::string heap() const {
    const double bytes = quantity_value(Json(spec_.resources.memory_limit)).value_or(768 * 0x1p20);
    const std::string mib = std::to_string(std::max(128, static_cast<int>(bytes / 2 / 0x1p20)));
    return cat("-Xms", mib, "m -Xmx", mib, "m");
  }

  const ClusterIdentity& cluster_;
  const crds::KafkaClusterSpec& spec_;
  const KafkaImage& image_;
  const std::string brokers_;
};

}  // namespace

std::vector<Child> plan_kafka(const ClusterIdentity& cluster, const crds::KafkaClusterSpec& spec,
                              const KafkaImage& image) {
  return Planner(cluster, spec, image).plan();
}

}  // namespace tidegate::controllers
