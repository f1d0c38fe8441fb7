// How to reach a Kafka cluster.
#pragma once

#include <map>
#include <string>

#include "common/base/result.h"

namespace tidegate::kafka {

struct ClientConfig {
  std::string bootstrap_servers;                  // "host:port,host:port"
  std::map<std::string, std::string> properties;  // librdkafka's names; security settings. Never logged.
  std::string client_id = "tidegate";
};

// Property values "file:PATH" replaced by what the file holds now. Fails with InvalidSettings, which names the
// property.
Result<ClientConfig> with_files(ClientConfig config);

}  // namespace tidegate::kafka
