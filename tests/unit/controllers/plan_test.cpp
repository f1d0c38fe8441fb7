#include "controllers/pipeline/plan.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "common/base/text.h"
#include "controllers/kafkacluster/plan.h"
#include "controllers/pipeline/schema.h"
#include "crds/names.h"
#include "tests/unit/controllers/world.h"
#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::controllers;

namespace {

const PipelineContext kContext{"shop",        "fraud", "install1", "fraud-kafka.shop.svc:9092", "tidegate/worker:1",
                               "IfNotPresent"};

Accepted accepted(const Json& spec) {
  auto parsed = crds::pipeline_from_json(spec);
  REQUIRE(parsed.ok());
  FakeSqlCheck check;
  auto fields = resolve_fields(*parsed, check);
  REQUIRE(fields.ok());
  return {spec, *parsed, *fields};
}

std::vector<Child> plan(const Json& spec = crds::fraud_spec()) {
  return plan_stages(kContext, accepted(spec));
}

Json find(const std::vector<Child>& children, const std::string& kind, const std::string& stage) {
  for (const Child& child : children) {
    if (child.kind.kind == kind && child.object.at("metadata/labels").get(crds::labels::stage).as_string() == stage)
      return child.object;
  }
  return {};
}

Json settings(const std::vector<Child>& children, const std::string& stage) {
  return *Json::parse(find(children, "ConfigMap", stage).at("data").get("stage.json").as_string());
}

// A Kafka that is not ours and asks for a password.
Json external_kafka(const std::string& mechanism = "PLAIN") {
  Json out = crds::json(R"({"bootstrapServers": "k1:9093", "tls": {"caSecretRef": {"name": "ca", "key": "ca.crt"}},
    "sasl": {"usernameSecretRef": {"name": "u", "key": "user"}, "passwordSecretRef": {"name": "u", "key": "password"}}})");
  out["sasl"]["mechanism"] = mechanism;
  return out;
}

// The fraud pipeline on such a Kafka, with one sink: the user's own container.
Json scorer_spec(const std::string& image = "scorer:1") {
  Json spec = crds::fraud_spec();
  spec["kafka"] = Json::object({{"external", external_kafka()}});
  Json sink = crds::json(R"({"name": "scores", "from": "alerts", "container": {"port": 9000, "path": "/score",
    "format": "json", "maxRecords": 20, "command": ["python3"], "args": ["-u", "serve.py"],
    "resources": {"limits": {"memory": "1Gi"}}, "env": [{"name": "MODEL", "value": "small"},
      {"name": "TOKEN", "valueSecretRef": {"name": "scorer", "key": "token"}}]}})");
  sink["container"]["image"] = image;
  spec["sinks"] = Json::array({sink});
  return spec;
}

Json scorer_pod(const Json& spec = scorer_spec()) {
  return find(plan(spec), "StatefulSet", "scores").at("spec/template/spec");
}

void check_restricted_container(const Json& container) {
  CHECK(container.at("securityContext/allowPrivilegeEscalation") == Json(false));
  CHECK(container.at("securityContext/readOnlyRootFilesystem") == Json(true));
  CHECK(container.at("securityContext/capabilities/drop") == Json::array({"ALL"}));
  CHECK(container.at("resources/limits").has("memory"));
  CHECK(container.at("resources/requests").has("cpu"));
  for (const Json& port : container.at("ports").items()) CHECK(port.get("hostPort").is_null());
}

// The 19 checks of Pod Security "restricted" that a pod of ours can break, and what goes beyond.
void check_restricted(const Json& pod) {
  CHECK(pod.at("automountServiceAccountToken") == Json(false));
  CHECK(pod.at("securityContext/runAsNonRoot") == Json(true));
  CHECK(pod.at("securityContext/runAsUser").as_int() > 0);
  CHECK(pod.at("securityContext/seccompProfile/type").as_string() == "RuntimeDefault");
  for (const char* name : {"hostNetwork", "hostPID", "hostIPC"}) CHECK(pod.get(name).is_null());
  for (const Json& volume : pod.at("volumes").items()) {
    const bool allowed = volume.has("configMap") || volume.has("emptyDir") || volume.has("secret") ||
                         volume.has("persistentVolumeClaim");
    CHECK(allowed);
    if (volume.has("emptyDir")) CHECK(volume.has("emptyDir/sizeLimit"));
  }
  for (const Json& container : pod.at("initContainers").items()) check_restricted_container(container);
  for (const Json& container : pod.at("containers").items()) {
    check_restricted_container(container);
    for (const char* probe : {"startupProbe", "livenessProbe"}) CHECK(container.has(probe));
    // A broker is not taken out of service because its sidecar is.
    CHECK(container.has("readinessProbe") == (container.at("name").as_string() != "volume"));
  }
}

}  // namespace

TEST_CASE("workers are told how records are read") {
  Json spec = crds::fraud_spec();
  Json topic = spec.at("topics/0");
  topic["value"] = crds::json(R"({"format": "csv", "delimiter": ";", "fields": [{"name": "card", "type": "VARCHAR"},
    {"name": "amount", "type": "DOUBLE"}, {"name": "at", "type": "TIMESTAMP", "from": "timestamp"}]})");
  spec["topics"] = Json::array({topic});
  const auto children = plan(spec);
  for (const auto& [stage, side] : {std::pair("intake", "output"), std::pair("score", "input")}) {
    const Json read = settings(children, stage).get(side);
    CHECK(read.get("format").as_string() == "csv");
    CHECK(read.get("delimiter").as_string() == ";");
    CHECK(read.get("fields").items().at(2) ==
          crds::json(R"({"name": "at", "type": "TIMESTAMP", "from": "timestamp"})"));
  }
  CHECK_FALSE(settings(children, "warehouse").get("input").has("format"));
  const Accepted judged = accepted(spec);
  const auto again = read_accepted(
      accepted_child(crds::json(R"({"metadata": {"name": "fraud", "namespace": "shop"}})"), judged).object);
  REQUIRE(again);
  CHECK(again->fields == judged.fields);
}

TEST_CASE("a processor with a window is told its memory and has room on disk for rows") {
  const auto children = plan(crds::json(R"({
    "kafka": {"managed": {"storage": {"size": "1Gi"}}},
    "topics": [{"name": "payments", "partitions": 4, "key": ["card"], "eventTime": {"field": "ts"}, "value": {"fields":
      [{"name": "card", "type": "VARCHAR"}, {"name": "ts", "type": "TIMESTAMP", "required": true}]}}],
    "processors": [
      {"name": "sum", "from": ["payments"], "to": "sums", "window": {"tumbling": {"size": "1m"}},
       "sql": {"query": "SELECT card, count(*) AS n FROM payments GROUP BY card"}},
      {"name": "each", "from": ["payments"], "to": "other", "sql": {"query": "SELECT card FROM payments"}}]})"));
  const auto pod = [&](const char* stage) { return find(children, "StatefulSet", stage).at("spec/template/spec"); };
  const auto environment = [&](const char* stage, const std::string& name) -> Json {
    const Json found = pod(stage);
    for (const Json& variable : found.at("containers/0/env").items()) {
      if (variable.get("name").as_string() == name) return variable;
    }
    return {};
  };
  const auto tmp_size = [&](const char* stage) {
    const Json found = pod(stage);
    for (const Json& volume : found.at("volumes").items()) {
      if (volume.get("name").as_string() == "tmp") return volume.at("emptyDir/sizeLimit").as_string();
    }
    return std::string();
  };
  CHECK(environment("sum", "TIDEGATE_MEMORY_BYTES").at("valueFrom/resourceFieldRef/resource").as_string() ==
        "limits.memory");
  CHECK(environment("sum", "TIDEGATE_SPILL_DIRECTORY").get("value").as_string() == "/tmp/windows");
  CHECK(environment("sum", "TIDEGATE_SPILL_BYTES").get("value").as_string() == "2147483648");
  CHECK(tmp_size("sum") == "2304Mi");
  CHECK(environment("each", "TIDEGATE_MEMORY_BYTES").is_null());
  CHECK(environment("each", "POD_NAME").at("valueFrom/fieldRef/fieldPath").as_string() == "metadata.name");
  CHECK(tmp_size("each") == "256Mi");
}

TEST_CASE("every pod that we make meets Pod Security restricted") {
  for (const Child& child : plan()) {
    if (child.object.has("spec/template")) check_restricted(child.object.at("spec/template/spec"));
  }
  check_restricted(scorer_pod());
  crds::KafkaClusterSpec kafka;
  kafka.storage_size = "1Gi";
  for (const Child& child : plan_kafka({"shop", "c", "uid"}, kafka, {"apache/kafka:1", "IfNotPresent", "tidegate:1"})) {
    if (child.object.has("spec/template")) check_restricted(child.object.at("spec/template/spec"));
  }
}

TEST_CASE("settings are those of the contract") {
  const auto children = plan();
  const Json score = settings(children, "score");
  CHECK(score.at("group").as_string() == kGroup);
  CHECK(score.at("input/fields/0/required") == Json(true));
  CHECK(score.at("output/key") == Json::array({"card"}));
  CHECK(score.at("start").as_string() == "earliest");
  CHECK(score.at("metricsPort") == Json(9400));
  const Json warehouse = settings(children, "warehouse");
  CHECK(warehouse.at("sink/postgres/dsnFile").as_string() == "/etc/tidegate/secrets/dsn/dsn");
  CHECK(warehouse.at("input/fields/1/name").as_string() == "amount");  // from the query
  CHECK(settings(children, "show").at("sink/log").is_object());
  const Json intake = settings(children, "intake");
  CHECK(intake.at("source/http/tokenFile").as_string() == "/etc/tidegate/secrets/token/token");
  CHECK(intake.at("output/fields/0/name").as_string() == "card");
  CHECK(intake.get("group").is_null());
}

TEST_CASE("secrets are files of the stage that needs them never text") {
  const auto children = plan();
  for (const Child& child : children) CHECK(child.object.dump().find("c2VjcmV0") == std::string::npos);
  const Json pod = find(children, "StatefulSet", "warehouse").at("spec/template/spec");
  CHECK(pod.at("volumes/2/secret/secretName").as_string() == "pg");
  CHECK(pod.at("containers/0/volumeMounts/2/mountPath").as_string() == "/etc/tidegate/secrets/dsn");
  CHECK(find(children, "StatefulSet", "score").at("spec/template/spec/volumes").items().size() == 2);
}

TEST_CASE("an external Kafkas credentials are mounted everywhere and named by file") {
  Json spec = crds::fraud_spec();
  spec["kafka"] = Json::object({{"external", external_kafka("SCRAM-SHA-512")}});
  const Json properties = settings(plan(spec), "score").at("kafka/properties");
  CHECK(properties.get("security.protocol").as_string() == "sasl_ssl");
  CHECK(properties.get("ssl.ca.location").as_string() == "/etc/tidegate/secrets/kafka-ca/ca.crt");
  CHECK(properties.get("sasl.password").as_string() == "file:/etc/tidegate/secrets/kafka-password/password");
}

TEST_CASE("a sink to another Kafka has that clusters credentials beside those of the pipelines own") {
  Json spec = crds::fraud_spec();
  const Json access = external_kafka();
  spec["kafka"] = Json::object({{"external", access}});
  Json sink = Json::object({{"name", "copy"}, {"from", "alerts"}, {"kafka", access}});
  sink["kafka"]["topic"] = "copies";
  spec["sinks"] = Json::array({sink});
  const auto children = plan(spec);
  const Json target = settings(children, "copy").at("sink/kafka");
  CHECK(target.get("bootstrapServers").as_string() == "k1:9093");
  CHECK(target.get("topic").as_string() == "copies");
  CHECK(target.get("properties").get("sasl.password").as_string() ==
        "file:/etc/tidegate/secrets/target-password/password");
  CHECK(target.get("properties").get("ssl.ca.location").as_string() == "/etc/tidegate/secrets/target-ca/ca.crt");
  CHECK(settings(children, "copy").at("kafka/properties").get("sasl.password").as_string() ==
        "file:/etc/tidegate/secrets/kafka-password/password");
  // stage.json, /tmp and three files for each cluster
  CHECK(find(children, "StatefulSet", "copy").at("spec/template/spec/volumes").items().size() == 8);
}

TEST_CASE("a sink to S3 has its credentials in files and knows its memory") {
  Json spec = crds::fraud_spec();
  spec["sinks"] = crds::json(R"([{"name": "lake", "from": "alerts", "s3": {"endpoint": "https://s3", "region": "eu",
    "bucket": "shop", "prefix": "raw", "compression": "gzip", "maxAge": "90s", "caSecretRef": {"name": "s3", "key": "ca"},
    "accessKeyIdSecretRef": {"name": "s3", "key": "id"}, "secretAccessKeySecretRef": {"name": "s3", "key": "secret"}}}])");
  const auto children = plan(spec);
  const Json s3 = settings(children, "lake").at("sink/s3");
  CHECK(s3.get("bucket").as_string() == "shop");
  CHECK(s3.get("compression").as_string() == "gzip");
  CHECK(s3.get("maxAge") == Json(90'000));
  CHECK(s3.get("maxBytes") == Json(16 << 20));
  CHECK(s3.get("caFile").as_string() == "/etc/tidegate/secrets/ca/ca");
  CHECK(s3.get("accessKeyIdFile").as_string() == "/etc/tidegate/secrets/access-key-id/id");
  CHECK(s3.get("secretAccessKeyFile").as_string() == "/etc/tidegate/secrets/secret-access-key/secret");
  const Json pod = find(children, "StatefulSet", "lake").at("spec/template/spec");
  CHECK(pod.get("volumes").items().size() == 5);  // stage.json, /tmp and three files
  CHECK(pod.at("containers/0/env/1").get("name").as_string() == "TIDEGATE_MEMORY_BYTES");
}

TEST_CASE("a container of the users runs beside the worker which posts to it within the pod") {
  const Json pod = scorer_pod();
  REQUIRE(pod.at("initContainers").items().size() == 1);
  const Json& beside = pod.at("initContainers/0");
  CHECK(beside.get("name").as_string() == kUserContainer);
  CHECK(beside.get("image").as_string() == "scorer:1");
  CHECK(beside.get("command") == Json::array({"python3"}));
  CHECK(beside.get("args") == Json::array({"-u", "serve.py"}));
  // Starts before the worker, ends after it.
  CHECK(beside.get("restartPolicy").as_string() == "Always");
  CHECK(beside.at("resources/limits/memory").as_string() == "1Gi");
  CHECK(beside.at("resources/requests/memory").as_string() == "96Mi");
  CHECK(pod.at("containers").items().size() == 1);
  const Json http = settings(plan(scorer_spec()), "scores").at("sink/http");
  CHECK(http.get("url").as_string() == "http://127.0.0.1:9000/score");
  CHECK(http.get("format").as_string() == "json");
  CHECK(http.get("maxRecords") == Json(20));
}

TEST_CASE("a container of the users gets nothing of the workers but a network") {
  const Json pod = scorer_pod(), alone = find(plan(), "StatefulSet", "show").at("spec/template/spec");
  const Json& beside = pod.at("initContainers/0");
  CHECK(beside.get("env") == crds::json(R"([{"name": "MODEL", "value": "small"}, {"name": "TOKEN",
    "valueFrom": {"secretKeyRef": {"name": "scorer", "key": "token"}}}])"));
  CHECK(beside.get("envFrom").is_null());
  REQUIRE(beside.get("volumeMounts").items().size() == 1);
  const Json& tmp = beside.at("volumeMounts/0");
  CHECK(tmp.get("mountPath").as_string() == "/tmp");
  for (const Json& mount : pod.at("containers/0/volumeMounts").items()) {
    CAPTURE(mount.dump());
    CHECK(mount.get("name") != tmp.get("name"));
  }
  for (const Json& volume : pod.get("volumes").items()) {
    if (volume.get("name") == tmp.get("name")) CHECK(volume.get("emptyDir").is_object());
  }
  CHECK(pod.get("shareProcessNamespace").is_null());
  // Nor the worker anything of it.
  CHECK(pod.at("containers/0/env") == alone.at("containers/0/env"));
  for (const char* own : {"scorer", "MODEL"}) CHECK(pod.at("containers/0").dump().find(own) == std::string::npos);
}

TEST_CASE("an image of the users is pulled anew where its name may mean another one tomorrow") {
  const auto policy = [](const char* image) {
    return scorer_pod(scorer_spec(image)).at("initContainers/0/imagePullPolicy").as_string();
  };
  for (const char* moving : {"scorer", "scorer:latest", "registry:5000/scorer"}) CHECK(policy(moving) == "Always");
  for (const char* fixed : {"scorer:1", "registry:5000/team/scorer:1", "scorer@sha256:0a"})
    CHECK(policy(fixed) == "IfNotPresent");
}

TEST_CASE("another image of the users rolls the pods and no other stage") {
  const auto before = plan(scorer_spec()), after = plan(scorer_spec("scorer:2"));
  CHECK(find(after, "StatefulSet", "scores").at("spec/template") !=
        find(before, "StatefulSet", "scores").at("spec/template"));
  CHECK(find(after, "ConfigMap", "scores") == find(before, "ConfigMap", "scores"));
  CHECK(find(after, "StatefulSet", "score") == find(before, "StatefulSet", "score"));
  CHECK_FALSE(find(after, "StatefulSet", "score").at("spec/template/spec").has("initContainers"));
}

TEST_CASE("a source from another Kafka is a member of a group there and takes no requests") {
  Json spec = crds::fraud_spec();
  spec["sources"] = crds::json(R"([{"name": "intake", "to": "payments", "replicas": 2, "start": "latest",
    "kafka": {"bootstrapServers": "o:9093", "topic": "theirs", "tls": {"caSecretRef": {"name": "ca", "key": "ca.crt"}}}}])");
  const auto children = plan(spec);
  const Json intake = settings(children, "intake");
  CHECK(intake.at("source/kafka/bootstrapServers").as_string() == "o:9093");
  CHECK(intake.at("source/kafka/topic").as_string() == "theirs");
  CHECK(intake.at("source/kafka/properties").get("ssl.ca.location").as_string() ==
        "/etc/tidegate/secrets/source-ca/ca.crt");
  CHECK(intake.get("group").as_string() == "tidegate.install1.shop.fraud.intake");
  CHECK(intake.get("start").as_string() == "latest");
  CHECK(intake.at("deadLetters/topic").as_string() == "tidegate.shop.fraud.intake.dead-letters");
  CHECK(find(children, "Deployment", "intake").at("spec/replicas") == Json(2));
  CHECK(find(children, "Service", "intake").is_null());
  CHECK(source_url(kContext, accepted(spec).spec.sources.front()).empty());
}

TEST_CASE("files are on a volume that a source reads alone and may not write") {
  Json spec = crds::fraud_spec();
  spec["sources"] = crds::json(R"([{"name": "in", "to": "payments",
    "file": {"volumeClaim": "arrivals", "path": "in/*.csv", "format": "csv", "rateLimit": 500}}])");
  spec["sinks"] = crds::json(R"([{"name": "out", "from": "alerts",
    "file": {"volumeClaim": "archive", "path": "raw", "format": "parquet", "maxAge": "10s"}}])");
  const auto children = plan(spec);
  const Json read = settings(children, "in");
  CHECK(read.at("source/file") == crds::json(R"({"directory": "/files", "path": "in/*.csv", "format": "csv"})"));
  CHECK(read.get("rateLimit") == Json(500));
  CHECK(read.get("group").as_string() == "tidegate.install1.shop.fraud.in");
  CHECK(read.at("deadLetters/topic").as_string() == "tidegate.shop.fraud.in.dead-letters");
  CHECK(find(children, "Service", "in").is_null());
  const Json source = find(children, "Deployment", "in");
  CHECK(source.at("spec/strategy") == crds::json(R"({"type": "Recreate"})"));
  const Json sink = find(children, "StatefulSet", "out");
  for (const Json& workload : {source, sink}) {
    const bool reads = workload == source;
    const Json pod = workload.at("spec/template/spec");
    check_restricted(pod);
    CHECK(pod.at("securityContext/fsGroup") == Json(65532));
    CHECK(pod.at("volumes/2/persistentVolumeClaim") == Json::object({{"claimName", reads ? "arrivals" : "archive"}}));
    const Json mount = pod.at("containers/0/volumeMounts/2");
    CHECK(mount.get("mountPath").as_string() == "/files");
    CHECK(mount.get("readOnly") == Json(reads));
  }
  const Json written = settings(children, "out").at("sink/file");
  CHECK(written.get("directory").as_string() == "/files");
  CHECK(written.get("prefix").as_string() == "raw");
  CHECK(written.get("format").as_string() == "parquet");
  CHECK(written.get("maxAge") == Json(10'000));
  CHECK(sink.at("spec/template/spec/containers/0/env/1/name").as_string() == "TIDEGATE_MEMORY_BYTES");
  const Json intake = find(plan(), "Deployment", "intake");
  CHECK(intake.at("spec/strategy/type").as_string() == "RollingUpdate");
}

TEST_CASE("the number of replicas is not part of the pod template") {
  Json spec = crds::fraud_spec();
  Json processor = spec.at("processors/0");
  processor["replicas"] = 3;
  spec["processors"] = Json::array({processor});
  const Json one = find(plan(), "StatefulSet", "score"), three = find(plan(spec), "StatefulSet", "score");
  CHECK(three.at("spec/replicas") == Json(3));
  CHECK(one.at("spec/template") == three.at("spec/template"));
  CHECK(find(plan(), "ConfigMap", "score").at("metadata/name") ==
        find(plan(spec), "ConfigMap", "score").at("metadata/name"));
}

TEST_CASE("other settings are another immutable ConfigMap") {
  Json spec = crds::fraud_spec();
  Json processor = spec.at("processors/0");
  processor["sql"]["query"] = "SELECT card, amount FROM payments";
  spec["processors"] = Json::array({processor});
  const Json before = find(plan(), "ConfigMap", "score"), after = find(plan(spec), "ConfigMap", "score");
  CHECK(before.at("immutable") == Json(true));
  CHECK(before.at("metadata/name") != after.at("metadata/name"));
  CHECK(find(plan(spec), "StatefulSet", "score").at("spec/template/spec/volumes/0/configMap/name") ==
        after.at("metadata/name"));
  CHECK(find(plan(), "ConfigMap", "show").at("metadata/name") ==
        find(plan(spec), "ConfigMap", "show").at("metadata/name"));
}

TEST_CASE("names stay within Kubernetes limits") {
  Json spec = crds::fraud_spec();
  Json processor = spec.at("processors/0");
  processor["name"] = std::string(18, 's');
  spec["processors"] = Json::array({processor});
  PipelineContext context = kContext;
  context.name = std::string(28, 'p');
  for (const Child& child : plan_stages(context, accepted(spec))) {
    const std::size_t limit = child.kind.kind == "StatefulSet" ? 52 : 63;
    CHECK(child.object.at("metadata/name").as_string().size() <= limit);
  }
}

TEST_CASE("the managed Kafka is a KafkaCluster of the same name with what the spec says") {
  const Child child = plan_kafka_cluster(kContext, accepted(crds::fraud_spec()));
  CHECK(child.object.at("metadata/name").as_string() == "fraud");
  CHECK(child.object.at("spec/storage/size").as_string() == "1Gi");
}

TEST_CASE("a processor with tables is told them and the memory that they may take") {
  Json spec = crds::fraud_spec();
  spec["topics"].push_back(crds::json(R"({"name": "cards", "partitions": 2, "compacted": true, "key": ["card"],
    "value": {"fields": [{"name": "card", "type": "VARCHAR", "required": true}, {"name": "owner", "type": "VARCHAR"}]}})"));
  spec["processors"] = crds::json(R"([{"name": "score", "from": ["payments"], "to": "alerts", "key": ["card"],
    "tables": ["cards"], "resources": {"limits": {"memory": "1Gi"}},
    "sql": {"query": "SELECT p.card, amount, owner FROM payments p JOIN cards c ON c.card = p.card"}}])");
  const Json joined = settings(plan(spec), "score");
  CHECK(joined.at("tables") == crds::json(R"([{"topic": "cards", "key": ["card"], "fields": [
    {"name": "card", "type": "VARCHAR", "required": true}, {"name": "owner", "type": "VARCHAR"}]}])"));
  CHECK(joined.at("tablesMemory").as_int() == 512 << 20);
  CHECK_FALSE(settings(plan(), "score").has("tables"));
}

TEST_CASE("a processor with a window is told its window and what its topic is keyed by") {
  Json spec = crds::fraud_spec();
  spec["topics"] = crds::json(R"([{"name": "payments", "partitions": 4, "key": ["card"],
    "eventTime": {"field": "ts", "maxOutOfOrder": "5s", "maxAhead": "1h"},
    "value": {"fields": [{"name": "card", "type": "VARCHAR"}, {"name": "amount", "type": "DOUBLE"},
                         {"name": "ts", "type": "TIMESTAMP", "required": true}]}}])");
  spec["processors"] = crds::json(R"([{"name": "score", "from": ["payments"], "to": "alerts", "key": ["card"],
    "window": {"hopping": {"size": "1m", "slide": "10s"}}, "sql": {"query": "SELECT card, amount FROM payments"}}])");
  const Json windowed = settings(plan(spec), "score");
  CHECK(windowed.at("window") == crds::json(R"({"hopping": {"size": 60000, "slide": 10000}})"));
  CHECK(windowed.at("eventTime") == crds::json(R"({"field": "ts", "maxOutOfOrder": 5000, "maxAhead": 3600000})"));
  CHECK(windowed.at("input/key") == Json::array({"card"}));
  CHECK_FALSE(settings(plan(), "score").has("window"));
}

TEST_CASE("a stage with a window - and each before it - is told how to know how far it is") {
  Json spec = crds::fraud_spec();
  spec["topics"] = crds::json(R"([
    {"name": "payments", "partitions": 4, "key": ["card"],
     "eventTime": {"field": "ts", "maxOutOfOrder": "5s", "idleTimeout": "30s", "closeWhenIdle": true},
     "value": {"fields": [{"name": "card", "type": "VARCHAR"}, {"name": "ts", "type": "TIMESTAMP", "required": true}]}},
    {"name": "alerts", "partitions": 4, "eventTime": {"field": "ts"}}])");
  Json window = crds::json(R"({"name": "sum", "from": ["alerts"], "to": "sums", "window": {"tumbling": {"size": "1m"}},
    "sql": {"query": "SELECT card FROM alerts GROUP BY card"}})");
  Json aside =
      crds::json(R"({"name": "aside", "from": ["alerts"], "to": "else", "sql": {"query": "SELECT card FROM alerts"}})");
  spec["processors"] = Json::array({spec.at("processors").items()[0], window, aside});
  const auto children = plan(spec);
  const Json score = settings(children, "score");
  CHECK(score.at("eventTime") == crds::json(R"({"field": "ts", "maxOutOfOrder": 5000, "maxAhead": 3600000})"));
  CHECK(score.at("idle") == crds::json(R"({"timeout": 30000, "close": true})"));
  CHECK_FALSE(score.has("writers"));
  CHECK_FALSE(score.has("window"));
  const Json sum = settings(children, "sum");
  CHECK(sum.at("eventTime/written") == Json(true));
  CHECK(sum.at("writers") == crds::json(R"([{"group": "tidegate.install1.shop.fraud.score", "topic": "payments"}])"));
  CHECK(sum.at("input/key") == crds::json(R"(["card"])"));
  for (const char* name : {"eventTime", "writers", "idle"}) CHECK_FALSE(settings(children, "aside").has(name));
}
