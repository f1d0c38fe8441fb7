// Parts that both kinds are read with. For this folder only.
#pragma once

#include "crds/container.h"
#include "crds/kafka_cluster.h"
#include "crds/reader.h"

namespace tidegate::crds {

Resources read_resources(const Reader& at, const Resources& fallback);
SecretKeyRef read_secret_ref(const Reader& at);
Container read_container(const Reader& at);
DeletionPolicy read_deletion_policy(const Reader& at);
KafkaClusterSpec read_kafka_cluster(const Reader& at);

}  // namespace tidegate::crds
