// A member of a group while partitions come and go.
#include "kafka/consumer.h"

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <set>
#include <thread>

#include "kafka/transaction_offsets.h"
#include "kafka_server.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

namespace {

struct Member : kafka::AssignmentListener {
  Member(const std::string& topic, const std::string& group, const std::string& instance) {
    kafka::ConsumerOptions options;
    options.client = KafkaServer::instance().config();
    options.topic = topic;
    options.group = group;
    options.instance = instance;
    options.stop = stop.get_token();
    auto made = kafka::Consumer::create(options, *this);
    REQUIRE(made.ok());
    consumer = *std::move(made);
  }
  void assigned(const std::vector<kafka::StartPosition>& starts) override {
    for (const kafka::StartPosition& start : starts) partitions.insert(start.partition);
  }
  void revoked(const std::vector<int>& gone, bool) override {
    for (const int partition : gone) partitions.erase(partition);
  }
  // How many records came.
  std::size_t poll() {
    const auto polled = consumer->poll(100, Duration{20}, Duration{0});
    REQUIRE(polled.ok());
    return polled->records.records().size();
  }

  std::stop_source stop;
  std::set<int> partitions;
  std::unique_ptr<kafka::Consumer> consumer;
};

}  // namespace

// While it closes the library answers no question for committed offsets, so asking again would never end.
TEST_CASE("a consumer closes when partitions are assigned to it in that moment") {
  KafkaServer& server = KafkaServer::instance();
  const auto member = std::make_unique<Member>(server.make_topic(1), server.unique("group"), "reader-0");
  // In the group; the assignment waits for poll().
  REQUIRE(eventually([&] { return member->consumer->for_transaction({})->generation() > 0; }));
  std::this_thread::sleep_for(std::chrono::seconds(1));
  auto closed = std::async(std::launch::async, [&] { member->consumer->close(); });
  CHECK(closed.wait_for(std::chrono::seconds(15)) == std::future_status::ready);
  member->stop.request_stop();
}

// The library keeps a pause beyond the assignment in which it was asked for.
TEST_CASE("a partition that was given up while the consumer paused is read when it comes back") {
  KafkaServer& server = KafkaServer::instance();
  const std::string topic = server.make_topic(2);
  const std::string group = server.unique("group");
  Member first(topic, group, "reader-0");
  const auto owns = [&](std::size_t count) {
    first.poll();
    return first.partitions.size() == count;
  };
  REQUIRE(eventually([&] { return owns(2); }));
  first.consumer->pause();
  {
    Member second(topic, group, "reader-1");
    REQUIRE(eventually([&] {
      second.poll();
      return owns(1) && second.partitions.size() == 1;
    }));
    first.consumer->resume();
    second.stop.request_stop();
    second.consumer->leave(Duration{5000});
  }
  REQUIRE(eventually([&] { return owns(2); }));
  server.produce(topic, {{.key = {}, .value = "a", .partition = 0}, {.key = {}, .value = "b", .partition = 1}});
  std::size_t records = 0;
  CHECK(eventually([&] { return (records += first.poll()) == 2; }));
}
