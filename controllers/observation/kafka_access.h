// How the operator itself signs in to a Kafka cluster.
#pragma once

#include <string>

#include "controllers/observation/kafka_link.h"
#include "crds/pipeline.h"
#include "operator/kube/api.h"

namespace tidegate::controllers {

// Reads the Secrets that an external Kafka refers to whenever a connection is made.
Connector kafka_connector(kube::Api& api, const std::string& ns, const std::string& bootstrap_servers,
                          const crds::KafkaChoice& kafka);

}  // namespace tidegate::controllers
