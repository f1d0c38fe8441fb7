// Against librdkafka's mock cluster, for what a real one does too rarely to wait for.
#include "kafka/admin.h"

#include <doctest/doctest.h>
#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>

using namespace tidegate;
using kafka::Admin;

// From rdkafka_mock.h, which is not installed beside rdkafka.h.
extern "C" {
struct rd_kafka_mock_cluster_s;
rd_kafka_mock_cluster_s* rd_kafka_mock_cluster_new(rd_kafka_t* client, int brokers);
void rd_kafka_mock_cluster_destroy(rd_kafka_mock_cluster_s* cluster);
const char* rd_kafka_mock_cluster_bootstraps(const rd_kafka_mock_cluster_s* cluster);
rd_kafka_resp_err_t rd_kafka_mock_topic_create(rd_kafka_mock_cluster_s* cluster, const char* topic, int partitions,
                                               int replication);
rd_kafka_resp_err_t rd_kafka_mock_coordinator_set(rd_kafka_mock_cluster_s* cluster, const char* kind, const char* key,
                                                  std::int32_t broker);
rd_kafka_resp_err_t rd_kafka_mock_broker_push_request_error_rtts(rd_kafka_mock_cluster_s* cluster, std::int32_t broker,
                                                                 std::int16_t request, std::size_t count, ...);
}

namespace {

rd_kafka_conf_t* configuration() {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "log_level", "3", nullptr, 0);
  return conf;
}

struct MockCluster {
  std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)> host{
      rd_kafka_new(RD_KAFKA_PRODUCER, configuration(), nullptr, 0), rd_kafka_destroy};
  std::unique_ptr<rd_kafka_mock_cluster_s, decltype(&rd_kafka_mock_cluster_destroy)> cluster{
      rd_kafka_mock_cluster_new(host.get(), 3), rd_kafka_mock_cluster_destroy};

  std::unique_ptr<Admin> admin() {
    kafka::ClientConfig config;
    config.bootstrap_servers = rd_kafka_mock_cluster_bootstraps(cluster.get());
    auto made = Admin::connect(config);
    REQUIRE(made);
    return *std::move(made);
  }
  void coordinator(const char* group, int broker) {
    REQUIRE(rd_kafka_mock_coordinator_set(cluster.get(), "group", group, broker) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  // The old coordinator stays up and sends everybody away.
  void moves_away(const char* group, int from, int to) {
    constexpr std::int16_t kOffsetFetch = 9;
    for (int i = 0; i < 100; ++i) {
      rd_kafka_mock_broker_push_request_error_rtts(cluster.get(), from, kOffsetFetch, 1,
                                                   RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 0);
    }
    coordinator(group, to);
  }
};

}  // namespace

TEST_CASE("a group whose coordinator moved to another broker is found again") {
  MockCluster kafka;
  REQUIRE(rd_kafka_mock_topic_create(kafka.cluster.get(), "orders", 2, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
  kafka.coordinator("readers", 1);
  const auto admin = kafka.admin();
  REQUIRE(admin->committed("readers", "orders", 2));

  kafka.moves_away("readers", 1, 2);
  Result<std::vector<kafka::CommittedOffset>> offsets = admin->committed("readers", "orders", 2);
  if (!offsets) offsets = admin->committed("readers", "orders", 2);  // the first answer may be the old coordinator's
  INFO((offsets ? "" : offsets.error().message));
  CHECK(offsets);
}
