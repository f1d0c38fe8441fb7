// How to reach a Kafka cluster.
#pragma once

#include <map>
#include <string>

namespace tidegate::kafka {

struct ClientConfig {
  std::string bootstrap_servers;                  // "host:port,host:port"
  std::map<std::string, std::string> properties;  // librdkafka's names; security settings. Never logged.
  std::string client_id = "tidegate";
};

}  // namespace tidegate::kafka
