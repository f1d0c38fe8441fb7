// What a Kafka node is started with.
#pragma once

#include <string>

#include "crds/kafka_cluster.h"

namespace tidegate::controllers {

// Who the cluster is; its ids are derived from `uid`, so that every reconcile says the same.
struct ClusterIdentity {
  std::string ns;
  std::string name;
  std::string uid;
};

// Kafka's form of a 128-bit id (22 characters of URL-safe base64), derived from the text.
std::string kafka_uuid(const std::string& text);

// server.properties without what only the node itself knows (node.id, advertised.listeners): start_script() adds that.
std::string server_properties(const ClusterIdentity& cluster, const crds::KafkaClusterSpec& spec);

// The container's command: formats an empty volume, keeps the identity of one that holds data, runs the node.
// Uses only /bin/sh and the official image's /opt/kafka/bin.
std::string start_script(const ClusterIdentity& cluster, int replicas);

// Log settings: standard output only, because nothing else is bounded.
std::string log4j_config();

}  // namespace tidegate::controllers
