// A broker that takes everything except produced records, which only librdkafka's mock cluster can play.
#include <doctest/doctest.h>

#include <memory>

#include "kafka/admin.h"
#include "kafka/producer.h"
#include "stages.h"
#include "tests/unit/kafka/mock_cluster.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

namespace {

struct MockBroker : kafka_test::MockCluster {
  MockBroker() : MockCluster(1) { rd_kafka_mock_set_controller_id(cluster.get(), 1); }

  void refuse_records() { answer(std::vector<rd_kafka_resp_err_t>(100'000, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS)); }
  void take_records() { rd_kafka_mock_clear_request_errors(cluster.get(), kProduce); }
};

}  // namespace

TEST_CASE("what the broker has not acknowledged is not committed - however the worker ends") {
  MockBroker mock;
  for (const char* topic : {"input", "output", "dead"}) mock.topic(topic, 1);
  kafka::ProducerOptions options;
  options.client = mock.config();
  auto producer = kafka::Producer::create(options).value();
  const auto delivery = kafka::Delivery::create();
  const std::string value = EvenNumbers::record(2);
  const std::vector<kafka::OutRecord> records(1000, kafka::OutRecord{std::nullopt, value});
  REQUIRE(producer->produce("input", 0, records, delivery, true).value() == 1000);
  delivery->seal();
  REQUIRE(producer->flush(Duration{10'000}));

  Json settings = EvenNumbers::settings(mock.config().bootstrap_servers, "input", "output", "dead", "group");
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
