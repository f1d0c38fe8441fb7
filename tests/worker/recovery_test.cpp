// What a processor does when things break: nothing lost, nothing committed too early, alone again.
#include <doctest/doctest.h>

#include <csignal>
#include <random>
#include <set>
#include <thread>

#include "stages.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

namespace {

std::set<std::string> distinct(const std::vector<Stored>& records) {
  std::set<std::string> values;
  for (const Stored& record : records) values.insert(record.value);
  return values;
}

std::set<std::string> expected_rows(int numbers) {
  std::set<std::string> rows;
  for (int n = 0; n < numbers; n += 2) rows.insert(EvenNumbers::row(n));
  return rows;
}

}  // namespace

TEST_CASE("killed again and again under load: no row is missing") {
  constexpr int kKills = 6;
  constexpr int kNumbersPerLife = 60'000;
  constexpr int kNumbers = kKills * kNumbersPerLife;
  const EvenNumbers stage(4);
  std::mt19937 random(20260717);
  std::int64_t before = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    stage.produce(kill * kNumbersPerLife, (kill + 1) * kNumbersPerLife);
    WorkerProcess worker(stage.settings(), "worker-0");
    // Somewhere after the first commit of this life, under load.
    REQUIRE(eventually([&] { return stage.position() > before; }));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 40'000));
    worker.kill();
    before = stage.position();
    // What is committed is durable in the output: the rows of everything before the position are there.
    CHECK(stage.totals().in == before);
    CHECK(KafkaServer::instance().end(stage.output, stage.partitions_out) >= stage.totals().out);
  }
  WorkerProcess worker(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return stage.position() == kNumbers; }, Duration{60'000}));
  CHECK(distinct(KafkaServer::instance().read(stage.output)) == expected_rows(kNumbers));
  const auto totals = stage.totals();
  CHECK(totals.in == kNumbers);  // counters do not count what a dead worker did without committing it
  CHECK(totals.out == kNumbers / 2);
}

TEST_CASE("a record that the topic refuses for good stops the stage with that problem - and nothing is committed") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(1);
  stage.produce(0, 1000);
  WorkerProcess worker(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 1000; }));
  REQUIRE(kafka.admin().set_topic_config(stage.output, {{"max.message.bytes", "100"}}));
  stage.produce(1000, 3000);
  REQUIRE(eventually([&] { return !stage.totals().problem.empty(); }));
  CHECK(stage.position() == 1000);
  CHECK(eventually([&] { return worker.get("/readyz").first == 503; }));
  REQUIRE(kafka.admin().set_topic_config(stage.output, {{"max.message.bytes", "1000000"}}));
  REQUIRE(eventually([&] { return stage.position() == 3000; }));
  CHECK(distinct(kafka.read(stage.output)) == expected_rows(3000));
  CHECK(eventually([&] { return stage.totals().problem.empty(); }));
}

TEST_CASE("two workers share the partitions - when one dies the other takes over") {
  const EvenNumbers stage(4);
  WorkerProcess first(stage.settings(), "worker-0");
  WorkerProcess second(stage.settings(), "worker-1");
  REQUIRE(eventually([&] { return first.get("/readyz").first == 200 && second.get("/readyz").first == 200; }));
  int produced = 0;
  const auto both_work = [&] {
    stage.produce(produced, produced + 1000);
    produced += 1000;
    return first.metric("tidegate_stage_records_in_total") > 0 && second.metric("tidegate_stage_records_in_total") > 0;
  };
  REQUIRE(eventually(both_work));
  first.kill();
  stage.produce(produced, produced + 1000);
  produced += 1000;
  REQUIRE(eventually([&] { return stage.position() == produced; }));
  CHECK(distinct(KafkaServer::instance().read(stage.output)) == expected_rows(produced));
  CHECK(stage.totals().in == produced);
}

TEST_CASE("a worker that is told to stop under load leaves nothing undone and nothing done twice") {
  const EvenNumbers stage(4);
  WorkerProcess first(stage.settings(), "worker-0");
  WorkerProcess second(stage.settings(), "worker-1");
  REQUIRE(eventually([&] { return first.get("/readyz").first == 200 && second.get("/readyz").first == 200; }));
  int produced = 0;
  const auto more = [&](int count) {
    stage.produce(produced, produced + count);
    produced += count;
  };
  REQUIRE(eventually([&] {
    more(1000);
    return first.metric("tidegate_stage_records_in_total") > 0 && second.metric("tidegate_stage_records_in_total") > 0;
  }));
  more(200'000);
  CHECK(second.terminate() == 0);
  // No later than a member that fell silent would be missed.
  const bool taken_over = eventually(
      [&] {
        more(400);
        for (const auto& metadata : KafkaServer::instance().committed(stage.group, stage.input, 4)) {
          if (!metadata || metadata->by != 0) return false;
        }
        return true;
      },
      Duration{6000});
  CHECK(taken_over);
  REQUIRE(eventually([&] { return stage.position() == produced; }, Duration{60'000}));
  const std::vector<Stored> rows = KafkaServer::instance().read(stage.output);
  CHECK(distinct(rows) == expected_rows(produced));
  CHECK(rows.size() == static_cast<std::size_t>(produced) / 2);
  CHECK(stage.totals().in == produced);
}

// The library may ask twice for a partition then; an answer that it does not like would keep the worker from ending.
TEST_CASE("a worker that is told to stop in the middle of a rebalance ends") {
  const EvenNumbers stage(2);
  stage.produce(0, 100);
  for (int round = 0; round < 6; ++round) {
    CAPTURE(round);
    WorkerProcess first(stage.settings(), "worker-0");
    REQUIRE(ready(first));
    WorkerProcess second(stage.settings(), "worker-1");
    REQUIRE(eventually([&] { return first.log().find("partitions given up") != std::string::npos; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(round * 10));
    CHECK(second.terminate() == 0);
    CHECK(first.terminate() == 0);
  }
}

TEST_CASE("records deleted before they were read are told - not skipped - until the group's offsets say so") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(2);
  stage.produce(0, 1000);
  {
    WorkerProcess worker(stage.settings(), "worker-0");
    REQUIRE(eventually([&] { return stage.position() == 1000; }));
    worker.terminate();
  }
  stage.produce(1000, 2000);
  kafka.delete_records_before(stage.input, 0, 700);
  {
    WorkerProcess worker(stage.settings(), "worker-0");
    REQUIRE(eventually([&] { return kafka.committed_offsets(stage.group, stage.input, 2)[1] == 1000; }));
    REQUIRE(eventually(
        [&] { return stage.totals().problem.starts_with("DataLost: 200 records of " + stage.input + "[0]"); }));
    CHECK(kafka.committed_offsets(stage.group, stage.input, 2)[0] == 500);
    CHECK(worker.get("/readyz").first == 503);
    worker.terminate();
  }
  kafka.move_into_log(stage.group, stage.input);
  CHECK(kafka.committed_offsets(stage.group, stage.input, 2) == std::vector<std::int64_t>{700, 1000});
  WorkerProcess worker(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return kafka.committed_offsets(stage.group, stage.input, 2)[0] == 1000; }));
  CHECK(distinct(kafka.read(stage.output)).size() == 500 + 300);
  CHECK(worker.get("/readyz").first == 200);
}

TEST_CASE("a topic that was deleted and made again is not resumed in the middle") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(1);
  stage.produce(0, 100);
  WorkerProcess worker(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 100; }));
  worker.signal(SIGSTOP);  // so that the topic is back before the worker sees that it was gone
  REQUIRE(kafka.admin().delete_topic(stage.input));
  REQUIRE(eventually([&] { return kafka.admin().create_topic({stage.input, 1, 1, {}}).ok(); }));
  stage.produce(0, 300);
  worker.signal(SIGCONT);
  // Kafka forgets the group's offsets with the topic. Then the group starts anew at the beginning, which is right; else
  // the worker must say so. Going on at 100 would be wrong.
  REQUIRE(eventually([&] {
    return worker.get("/readyz").second.starts_with("TopicReplaced") ||
           (stage.position() == 300 && stage.totals().in == 300);
  }));
}

TEST_CASE("Kafka crashes and comes back in the middle of the work") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(4);
  stage.produce(0, 1000);
  WorkerProcess worker(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 1000; }));
  stage.produce(1000, 200'000);
  REQUIRE(eventually([&] { return stage.position() > 1000; }));
  kafka.stop(true);
  CHECK(eventually([&] { return worker.get("/readyz").first == 503; }));
  CHECK(worker.get("/healthz").first == 200);
  kafka.start();
  CHECK(worker.running());
  const bool caught_up = eventually([&] { return stage.position() == 200'000; }, Duration{60'000});
  const std::string state = worker.get("/readyz").second;
  const std::int64_t position = stage.position();
  CAPTURE(state);
  CAPTURE(position);
  REQUIRE(caught_up);
  CHECK(distinct(kafka.read(stage.output)) == expected_rows(200'000));
  CHECK(ready(worker));
}

TEST_CASE("a broker that hangs: nothing is committed meanwhile - then the work goes on") {
  KafkaServer& kafka = KafkaServer::instance();
  const EvenNumbers stage(2);
  stage.produce(0, 1000);
  WorkerProcess worker(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 1000; }));
  stage.produce(1000, 100'000);
  REQUIRE(eventually([&] { return stage.position() > 1000; }));
  kafka.freeze(true);
  worker.kill();
  kafka.freeze(false);
  CHECK(stage.totals().in == stage.position());
  CHECK(kafka.end(stage.output, stage.partitions_out) >= stage.totals().out);
  WorkerProcess again(stage.settings(), "worker-0");
  REQUIRE(eventually([&] { return stage.position() == 100'000; }, Duration{60'000}));
  CHECK(distinct(kafka.read(stage.output)) == expected_rows(100'000));
}
