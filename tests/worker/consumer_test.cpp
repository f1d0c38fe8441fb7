// A member of a group while partitions come and go.
#include "kafka/consumer.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "common/base/text.h"
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
  bool owns(std::size_t count) {
    poll();
    return partitions.size() == count;
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
  const auto owns = [&](std::size_t count) { return first.owns(count); };
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

// A batch of the log comes whole from the library, and may be more than is asked for.
TEST_CASE("records come one after the other - whatever batches they lie in and however few are asked for") {
  KafkaServer& server = KafkaServer::instance();
  const std::int64_t now_ms = epoch_ms(Clock::real().wall());
  for (const char* compression : {"uncompressed", "lz4", "zstd"}) {
    CAPTURE(std::string(compression));
    constexpr int kBatches = 3, kRecords = 400;
    const std::string topic = server.make_topic(1, {{"compression.type", compression}});
    std::vector<NewRecord> written;
    for (int batch = 0; batch < kBatches; ++batch) {
      std::vector<NewRecord> records;
      for (int n = 0; n < kRecords; ++n) {
        NewRecord& record = records.emplace_back();
        record.key = n % 5 == 0 ? std::nullopt : std::optional(cat("k", std::to_string(n)));
        record.value = n % 7 == 0 ? std::nullopt : std::optional(std::string(static_cast<std::size_t>(n), 'v'));
        if (n % 3 == 0) record.headers = {{"n", std::to_string(n)}, {"none", std::nullopt}};
        record.timestamp_ms = now_ms - (batch * 7 + n * 13) % 1000;
      }
      server.produce(topic, records);
      written.insert(written.end(), records.begin(), records.end());
    }
    Member member(topic, server.unique("group"), "reader-0");
    std::size_t read = 0;
    for (std::size_t max = 1; read < written.size(); max = max % 23 + 1) {
      const auto polled = member.consumer->poll(max, Duration{500}, Duration{0});
      REQUIRE(polled.ok());
      REQUIRE(polled->records.records().size() <= max);
      for (const kafka::Record& record : polled->records.records()) {
        REQUIRE(record.offset == static_cast<std::int64_t>(read));
        const NewRecord& expected = written[read++];
        REQUIRE(record.number == static_cast<std::int64_t>(read));
        CHECK(record.key == expected.key);
        CHECK(record.value == expected.value);
        CHECK(record.timestamp_ms == expected.timestamp_ms);
        const std::vector<kafka::Header> headers = kafka::headers(record);
        REQUIRE(headers.size() == expected.headers.size());
        if (!headers.empty()) CHECK(headers[0].value == expected.headers[0].value);
      }
      // Slow now and then, so that more comes on than is taken; and paused in the middle of a batch.
      if (read % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(40));
      if (read % 45 == 0) {
        member.consumer->pause();
        REQUIRE(member.poll() == 0);
        member.consumer->resume();
      }
    }
    CHECK(read == written.size());
    CHECK(member.poll() == 0);
    CHECK(member.consumer->lag() == 0);
  }
}

TEST_CASE("a consumer that takes few records at a time hears of a rebalance all the same") {
  KafkaServer& server = KafkaServer::instance();
  const std::string topic = server.make_topic(2);
  const std::string group = server.unique("group");
  constexpr int kBatches = 4, kRecords = 2000;  // in each partition
  for (int batch = 0; batch < kBatches; ++batch) {
    std::vector<NewRecord> records;
    for (int n = 0; n < 2 * kRecords; ++n) records.push_back({.key = {}, .value = "v", .partition = n % 2});
    server.produce(topic, records);
  }
  Member first(topic, group, "reader-0");
  std::map<int, std::int64_t> read;
  const auto read_some = [&](std::size_t max) {
    const auto polled = first.consumer->poll(max, Duration{20}, Duration{0});
    REQUIRE(polled.ok());
    for (const kafka::Record& record : polled->records.records()) REQUIRE(record.offset == read[record.partition]++);
    return !polled->records.empty();
  };
  REQUIRE(eventually([&] { return read_some(1); }));
  std::atomic<bool> done = false;
  auto second = std::async(std::launch::async, [&] {
    Member other(topic, group, "reader-1");
    const bool got = eventually([&] { return other.owns(1); });
    done = true;
    other.stop.request_stop();
    return got;
  });
  while (!done) {
    read_some(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(second.get());
  REQUIRE(first.partitions.size() == 1);
  const std::int64_t& left = read[*first.partitions.begin()];
  CHECK(eventually([&] {
    read_some(100);
    return left == kBatches * kRecords;
  }));
}

TEST_CASE("no partition waits until a slow consumer has read the backlog of another") {
  KafkaServer& server = KafkaServer::instance();
  constexpr int kPartitions = 4, kRecords = 1000;  // in each
  const std::string topic = server.make_topic(kPartitions);
  std::vector<NewRecord> records;
  for (int n = 0; n < kPartitions * kRecords; ++n) {
    records.push_back({.key = {}, .value = "v", .partition = n % kPartitions});
  }
  server.produce(topic, records);
  Member member(topic, server.unique("group"), "reader-0");
  std::map<int, int> read;
  const auto read_some = [&](int polls) {
    for (int i = 0; i < polls; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      const auto polled = member.consumer->poll(10, Duration{1000}, Duration{0});
      REQUIRE(polled.ok());
      for (const kafka::Record& record : polled->records.records()) ++read[record.partition];
    }
  };
  REQUIRE(eventually([&] {
    read_some(1);
    return read.size() == kPartitions;
  }));
  const std::map<int, int> before = read;
  read_some(100);
  for (const auto& [partition, count] : read) {
    CAPTURE(partition);
    CHECK(count - before.at(partition) >= 200);
  }
}
