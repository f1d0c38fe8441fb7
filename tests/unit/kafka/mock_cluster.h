// librdkafka's mock cluster, for what a real one does too rarely to wait for.
#pragma once

#include <doctest/doctest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <memory>
#include <vector>

#include "kafka/config.h"
#include "kafka/consumer.h"
#include "kafka/transaction_offsets.h"

namespace tidegate::kafka_test {

struct MockCluster {
  explicit MockCluster(int brokers = 3)
      : cluster{rd_kafka_mock_cluster_new(host.get(), brokers), rd_kafka_mock_cluster_destroy} {}

  static constexpr std::int16_t kProduce = 0;

  static rd_kafka_conf_t* quiet() {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "3", nullptr, 0);
    return conf;
  }

  std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)> host{rd_kafka_new(RD_KAFKA_PRODUCER, quiet(), nullptr, 0),
                                                                rd_kafka_destroy};
  std::unique_ptr<rd_kafka_mock_cluster_t, decltype(&rd_kafka_mock_cluster_destroy)> cluster;

  kafka::ClientConfig config() const {
    kafka::ClientConfig config;
    config.bootstrap_servers = rd_kafka_mock_cluster_bootstraps(cluster.get());
    return config;
  }
  void topic(const char* name, int partitions) {
    REQUIRE(rd_kafka_mock_topic_create(cluster.get(), name, partitions, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void leader(const char* topic, int partition, int broker) {
    REQUIRE(rd_kafka_mock_partition_set_leader(cluster.get(), topic, partition, broker) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  // What the next produce requests are answered with.
  void answer(const std::vector<rd_kafka_resp_err_t>& codes) {
    rd_kafka_mock_push_request_errors_array(cluster.get(), kProduce, codes.size(), codes.data());
  }
  // kind: "group" or "transaction"
  void coordinator(const char* kind, const char* id, int broker) {
    REQUIRE(rd_kafka_mock_coordinator_set(cluster.get(), kind, id, broker) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }
};

struct Deaf : kafka::AssignmentListener {
  void assigned(const std::vector<kafka::StartPosition>&) override {}
  void revoked(const std::vector<int>&, bool) override {}
};

// The generation of the group that the consumer knows; 0 or less: none yet.
inline int generation(const kafka::Consumer& consumer) {
  return consumer.for_transaction({})->generation();
}

}  // namespace tidegate::kafka_test
