#include "controllers/kafkacluster/broker_config.h"

#include <map>

#include "common/base/text.h"
#include "crds/names.h"

namespace tidegate::controllers {
namespace {

constexpr char data_folder[] = "/var/lib/kafka/data/log";  // below the mount: a fresh volume may hold lost+found

std::string domain(const ClusterIdentity& cluster) {
  return cat(crds::kafka_brokers(cluster.name), ".", cluster.ns, ".svc");
}

std::string node_host(const ClusterIdentity& cluster, int node) {
  return cat(crds::kafka_brokers(cluster.name), "-", std::to_string(node), ".", domain(cluster));
}

// Calls each(node, "host:9093") and joins the answers with commas.
template <typename Each>
std::string for_nodes(const ClusterIdentity& cluster, int replicas, Each each) {
  std::vector<std::string> parts;
  for (int node = 0; node < replicas; ++node) parts.push_back(each(node, node_host(cluster, node) + ":9093"));
  return join(parts, ",");
}

}  // namespace

std::string kafka_uuid(const std::string& text) {
  constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const std::string hex = sha256_hex(text).substr(0, 32);
  unsigned bits = 0;
  int held = 0;
  std::string out;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    unsigned digit = static_cast<unsigned>(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
    if (i == 0) digit &= 7;  // so that the id never begins with '-', which Kafka's tools would take for an option
    bits = (bits << 4 | digit) & 0xFFF;
    held += 4;
    if (held >= 6) {
      held -= 6;
      out += alphabet[bits >> held & 63];
    }
  }
  out += alphabet[bits << (6 - held) & 63];
  return out;
}

std::string server_properties(const ClusterIdentity& cluster, const crds::KafkaClusterSpec& spec) {
  const std::string copies = std::to_string(spec.replicas);
  const std::string in_sync = spec.replicas == 1 ? "1" : "2";
  std::map<std::string, std::string> settings{
      // Small clusters: topics of the coordinators need not have 50 partitions, and a full clean-up buffer is 128 MiB.
      {"offsets.topic.num.partitions", "10"},
      {"transaction.state.log.num.partitions", "10"},
      {"log.cleaner.dedupe.buffer.size", "4194304"},
      {"group.initial.rebalance.delay.ms", "500"},
      // A stage may be paused for long; its position must not expire.
      {"offsets.retention.minutes", "129600"},
      // Else a producer that died blocks readers of committed records for 10 s longer than its timeout.
      {"transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000"},
  };
  for (const auto& [key, value] : spec.config) settings[key] = value;
  const std::map<std::string, std::string> owned{
      {"process.roles", "broker,controller"},
      {"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"},
      {"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"},
      {"inter.broker.listener.name", "PLAINTEXT"},
      {"controller.listener.names", "CONTROLLER"},
      {"controller.quorum.bootstrap.servers",
       for_nodes(cluster, spec.replicas, [](int, const std::string& address) { return address; })},
      {"log.dirs", data_folder},
      {"auto.create.topics.enable", "false"},
      {"default.replication.factor", copies},
      {"min.insync.replicas", in_sync},
      {"offsets.topic.replication.factor", copies},
      {"transaction.state.log.replication.factor", copies},
      {"transaction.state.log.min.isr", in_sync},
      {"share.coordinator.state.topic.replication.factor", copies},
      {"share.coordinator.state.topic.min.isr", in_sync},
      {"group.min.session.timeout.ms", "1000"},
  };
  for (const auto& [key, value] : owned) settings[key] = value;
  std::string out;
  for (const auto& [key, value] : settings) out += cat(key, "=", value, "\n");
  return out;
}

std::string start_script(const ClusterIdentity& cluster, int replicas) {
  const std::string controllers = for_nodes(cluster, replicas, [&](int node, const std::string& address) {
    return cat(std::to_string(node), "@", address, ":",
               kafka_uuid(cat(cluster.uid, "/directory/", std::to_string(node))));
  });
  const std::string quorum = replicas == 1 ? "--standalone" : "--initial-controllers " + controllers;
  return cat(R"(set -eu
host=$HOSTNAME.)",
             domain(cluster), R"(
cp /etc/kafka/server.properties /tmp/server.properties
{
  echo "node.id=${HOSTNAME##*-}"
  echo "advertised.listeners=PLAINTEXT://$host:9092,CONTROLLER://$host:9093"
} >> /tmp/server.properties
# A volume that holds data keeps the identity it was formatted with.
if [ ! -f )",
             data_folder, R"(/meta.properties ]; then
  /opt/kafka/bin/kafka-storage.sh format --ignore-formatted -t )",
             kafka_uuid(cluster.uid + "/cluster"), " -c /tmp/server.properties ", quorum, R"(
fi
exec /opt/kafka/bin/kafka-server-start.sh /tmp/server.properties
)");
}

std::string log4j_config() {
  return R"(Configuration:
  Appenders:
    Console:
      name: STDOUT
      PatternLayout:
        pattern: "%d{yyyy-MM-dd'T'HH:mm:ss.SSS} %p %c{1}: %m%n"
  Loggers:
    Root:
      level: WARN
      AppenderRef:
        - ref: STDOUT
    Logger:
      - name: kafka.server
        level: INFO
)";
}

}  // namespace tidegate::controllers
