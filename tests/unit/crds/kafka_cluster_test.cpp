#include "crds/kafka_cluster.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "tests/paths.h"
#include "tests/unit/crds/manifest.h"

using namespace tidegate;
using namespace tidegate::crds;

TEST_CASE("a cluster is read with the schemas defaults") {
  const auto spec = kafka_cluster_from_json(json(R"({"storage": {"size": "2Gi", "className": "fast"},
    "config": {"log.segment.bytes": "1048576"}, "deletionPolicy": "Delete", "resources": {"limits": {"cpu": 2}}})"));
  REQUIRE(spec.ok());
  CHECK(spec->replicas == 1);
  CHECK(spec->storage_class == "fast");
  CHECK(spec->config.at("log.segment.bytes") == "1048576");
  CHECK(spec->deletion_policy == DeletionPolicy::remove);
  CHECK(spec->resources == Resources{"100m", "512Mi", "2", "768Mi"});
}

TEST_CASE("a clusters mistakes name the field also inside a pipeline") {
  CHECK(kafka_cluster_from_json(json("{}")).error().message == "spec.storage.size: is missing");
  CHECK(kafka_cluster_from_json(json(R"({"replicas": 2, "storage": {"size": "1Gi"}})"), "spec.kafka.managed")
            .error()
            .message == "spec.kafka.managed.replicas: must be 1 or 3");
}

namespace {

// The lines of a block of the YAML file, from the line that ends with `first`, with its indentation taken off.
std::string block(const std::string& file, const std::string& first) {
  std::ifstream in(source_path("crds/" + file));
  std::string line, out;
  std::size_t indent = std::string::npos;
  while (std::getline(in, line)) {
    const std::size_t depth = line.find_first_not_of(' ');
    if (indent == std::string::npos) {
      if (line.substr(std::min(depth, line.size())) == first) indent = depth;
      continue;
    }
    if (depth != std::string::npos && depth <= indent) break;
    out += line.substr(std::min(indent, line.size())) + "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("the two schemas agree about what they share") {
  for (const char* part : {"config:", "storage:"}) {
    CAPTURE(part);
    std::string cluster = block("kafkaclusters.tidegate.io.yaml", part);
    const std::string pipeline = block("pipelines.tidegate.io.yaml", part);
    REQUIRE_FALSE(cluster.empty());
    for (std::size_t at; (at = cluster.find("another KafkaCluster")) != std::string::npos;) {
      cluster.replace(at, std::string("another KafkaCluster").size(), "another Pipeline");
    }
    // Descriptions are folded at other widths: compare words.
    std::istringstream a(cluster), b(pipeline);
    std::string x, y;
    while (a >> x) {
      const bool more = static_cast<bool>(b >> y);
      REQUIRE(more);
      CHECK(x == y);
    }
    const bool more = static_cast<bool>(b >> y);
    CHECK_FALSE(more);
  }
}
