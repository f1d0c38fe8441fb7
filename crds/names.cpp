#include "crds/names.h"

#include "common/base/text.h"

namespace tidegate::crds {

std::string stage_child(const std::string& pipeline, const std::string& stage) {
  return cat(pipeline, "-", stage, "-", sha256_hex(cat(pipeline, "/", stage)).substr(0, 4));
}

std::string kafka_brokers(const std::string& cluster) {
  return cluster + "-kafka-brokers";
}
std::string kafka_bootstrap(const std::string& cluster) {
  return cluster + "-kafka";
}

std::string kafka_bootstrap_servers(const std::string& ns, const std::string& cluster) {
  return cat(kafka_bootstrap(cluster), ".", ns, ".svc:9092");
}

std::string internal_topic(const std::string& ns, const std::string& pipeline, const std::string& stage,
                           const std::string& use) {
  return cat("tidegate.", ns, ".", pipeline, ".", stage, ".", use);
}

std::string dead_letter_topic(const std::string& ns, const std::string& pipeline, const std::string& stage) {
  return internal_topic(ns, pipeline, stage, "dead-letters");
}

std::string consumer_group(const std::string& installation, const std::string& ns, const std::string& pipeline,
                           const std::string& stage) {
  return cat("tidegate.", installation, ".", ns, ".", pipeline, ".", stage);
}

}  // namespace tidegate::crds
