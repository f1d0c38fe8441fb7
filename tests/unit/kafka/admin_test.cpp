#include "kafka/admin.h"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "tests/unit/kafka/mock_cluster.h"

using namespace tidegate;
using kafka::Admin;
using kafka_test::MockCluster;

namespace {

std::unique_ptr<Admin> admin_of(const MockCluster& kafka) {
  auto made = Admin::connect(kafka.config());
  REQUIRE(made);
  return *std::move(made);
}

// The old coordinator stays up and sends everybody away.
void moves_away(MockCluster& kafka, const char* group, int from, int to) {
  constexpr std::int16_t kOffsetFetch = 9;
  for (int i = 0; i < 100; ++i) {
    rd_kafka_mock_broker_push_request_error_rtts(kafka.cluster.get(), from, kOffsetFetch, 1,
                                                 RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 0);
  }
  kafka.coordinator("group", group, to);
}

}  // namespace

TEST_CASE("a group whose coordinator moved to another broker is found again") {
  MockCluster kafka;
  kafka.topic("orders", 2);
  kafka.coordinator("group", "readers", 1);
  const auto admin = admin_of(kafka);
  REQUIRE(admin->committed("readers", "orders", 2));

  moves_away(kafka, "readers", 1, 2);
  Result<std::vector<kafka::CommittedOffset>> offsets = admin->committed("readers", "orders", 2);
  if (!offsets) offsets = admin->committed("readers", "orders", 2);  // the first answer may be the old coordinator's
  INFO((offsets ? "" : offsets.error().message));
  CHECK(offsets);
}

TEST_CASE("the offsets of a partition whose leader moved to another broker are found again") {
  MockCluster kafka;
  kafka.topic("orders", 1);
  kafka.leader("orders", 0, 1);
  const auto admin = admin_of(kafka);
  REQUIRE(admin->log_offsets({{"orders", 1}}));

  kafka.leader("orders", 0, 2);
  auto offsets = admin->log_offsets({{"orders", 1}});
  for (int i = 0; !offsets && i < 10; ++i) {  // the first answers may be the old leader's
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    offsets = admin->log_offsets({{"orders", 1}});
  }
  INFO((offsets ? "" : offsets.error().message));
  CHECK(offsets);
}
