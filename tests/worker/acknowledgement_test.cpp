// A broker that takes everything except produced records, which only librdkafka's mock cluster can play.
#include <doctest/doctest.h>
#include <librdkafka/rdkafka.h>
// After rdkafka.h.
#include <librdkafka/rdkafka_mock.h>

#include <memory>

#include "kafka/admin.h"
#include "kafka/producer.h"
#include "stages.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

namespace {

constexpr std::int16_t kProduceRequest = 0;

class MockCluster {
 public:
  MockCluster() {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", "127.0.0.1:1", nullptr, 0);  // it never talks to anybody
    rd_kafka_conf_set(conf, "log_level", "0", nullptr, 0);
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    cluster_ = rd_kafka_mock_cluster_new(client_, 1);
    rd_kafka_mock_set_controller_id(cluster_, 1);
  }
  ~MockCluster() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(client_);
  }
  std::string address() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void make_topic(const std::string& name) { rd_kafka_mock_topic_create(cluster_, name.c_str(), 1, 1); }
  void refuse_records() {
    std::vector<rd_kafka_resp_err_t> errors(100'000, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    rd_kafka_mock_push_request_errors_array(cluster_, kProduceRequest, errors.size(), errors.data());
  }
  void take_records() { rd_kafka_mock_clear_request_errors(cluster_, kProduceRequest); }

 private:
  rd_kafka_t* client_;
  rd_kafka_mock_cluster_t* cluster_;
};

}  // namespace

TEST_CASE("what the broker has not acknowledged is not committed - however the worker ends") {
  MockCluster mock;
  for (const char* topic : {"input", "output", "dead"}) mock.make_topic(topic);
  kafka::ProducerOptions options;
  options.client.bootstrap_servers = mock.address();
  auto producer = kafka::Producer::create(options).value();
  const auto delivery = kafka::Delivery::create();
  const std::string value = EvenNumbers::record(2);
  const std::vector<kafka::OutRecord> records(1000, kafka::OutRecord{std::nullopt, value});
  REQUIRE(producer->produce("input", 0, records, delivery, true).value() == 1000);
  delivery->seal();
  REQUIRE(producer->flush(Duration{10'000}));

  Json settings = EvenNumbers::settings(mock.address(), "input", "output", "dead", "group");
  auto admin = kafka::Admin::connect(options.client).value();
  const auto committed = [&] { return admin->committed("group", "input", 1).value().at(0); };
  const auto problem = [&] {
    const auto metadata = kafka::CommitMetadata::decode(committed().metadata);
    return metadata ? metadata->problem : "";
  };
  mock.refuse_records();
  {
    WorkerProcess worker(settings, "worker-0");
    REQUIRE(eventually([&] { return problem().find("not acknowledged") != std::string::npos; }));
    CHECK(committed().offset == 0);
    CHECK(worker.get("/readyz").first == 503);
    worker.kill();
  }
  CHECK(committed().offset == 0);
  {
    WorkerProcess worker(settings, "worker-0");
    REQUIRE(eventually([&] { return worker.get("/readyz").second.find("not acknowledged") != std::string::npos; }));
    CHECK(worker.terminate() == 0);  // in order: it waits for acknowledgements, in vain
  }
  CHECK(committed().offset == 0);
  mock.take_records();
  WorkerProcess worker(settings, "worker-0");
  REQUIRE(eventually([&] { return committed().offset == 1000; }));
  CHECK(eventually([&] { return problem().empty(); }));
  CHECK(kafka::CommitMetadata::decode(committed().metadata)->records_out == 1000);
}
