// A processor with `delivery: exactly-once` against a real Kafka: whatever happens, its output holds the row of every
// record once.
#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <random>
#include <thread>

#include "numbers.h"
#include "tests/worker/programs.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;

namespace {

// The worker makes this mistake while the object lives.
class Fault {
 public:
  explicit Fault(const char* name) { setenv("TIDEGATE_TEST_FAULT", name, 1); }
  ~Fault() { unsetenv("TIDEGATE_TEST_FAULT"); }
};

}  // namespace

TEST_CASE("exactly once: quiet work is committed soon and idleness writes nothing") {
  Numbers numbers(2);
  WorkerProcess worker(numbers.settings(), "worker-0");
  REQUIRE(ready(worker, Duration{60'000}));
  for (int round = 0; round < 5; ++round) {
    numbers.produce(200);
    REQUIRE(eventually([&] { return numbers.done(); }));
  }
  CHECK(numbers.anomalies() == "");
  const std::int64_t end = KafkaServer::instance().end(numbers.stage().output, numbers.stage().partitions_out);
  std::this_thread::sleep_for(std::chrono::seconds(2));
  CHECK(KafkaServer::instance().end(numbers.stage().output, numbers.stage().partitions_out) == end);
  CHECK(worker.terminate() == 0);
  CHECK(numbers.anomalies() == "");
}

TEST_CASE("exactly once: killed again and again under load") {
  Numbers numbers(4);
  std::mt19937 random(20261124);
  for (int kill = 0; kill < 6; ++kill) {
    numbers.produce(40'000);
    WorkerProcess worker(numbers.settings(), "worker-0");
    const std::int64_t before = numbers.position();
    REQUIRE(eventually([&] { return numbers.position() > before; }, Duration{60'000}));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 150'000));
    worker.kill();
  }
  WorkerProcess worker(numbers.settings(), "worker-0");
  REQUIRE(eventually([&] { return numbers.done(); }, Duration{60'000}));
  CHECK(numbers.anomalies() == "");
}

TEST_CASE("exactly once: workers come and go and one is taken for dead") {
  Numbers numbers(4);
  WorkerProcess first(numbers.settings(), "worker-0");
  REQUIRE(ready(first, Duration{60'000}));
  numbers.produce(60'000);
  WorkerProcess second(numbers.settings(), "worker-1");
  REQUIRE(ready(second, Duration{60'000}));
  numbers.produce(60'000);
  REQUIRE(eventually([&] { return second.metric("tidegate_stage_records_in_total") > 0; }));
  first.signal(SIGSTOP);  // longer than its session: the other takes over, and it wakes with a transaction of its own
  std::this_thread::sleep_for(std::chrono::seconds(8));
  first.signal(SIGCONT);
  numbers.produce(60'000);
  {
    WorkerProcess third(numbers.settings(), "worker-2");
    REQUIRE(ready(third, Duration{60'000}));
    numbers.produce(60'000);
    CHECK(second.terminate() == 0);
    REQUIRE(eventually([&] { return numbers.done(); }, Duration{90'000}));
    CHECK(third.terminate() == 0);
  }
  numbers.produce(10'000);
  REQUIRE(eventually([&] { return numbers.done(); }, Duration{60'000}));
  CHECK(numbers.anomalies() == "");
}

TEST_CASE("exactly once: a second process with the same name ends the first one's writing") {
  Numbers numbers(2);
  WorkerProcess old(numbers.settings(), "worker-0");
  REQUIRE(ready(old, Duration{60'000}));
  numbers.produce(50'000);
  REQUIRE(eventually([&] { return numbers.position() > 0; }));
  old.signal(SIGSTOP);
  {
    WorkerProcess young(numbers.settings(), "worker-0");
    REQUIRE(eventually([&] { return numbers.done(); }, Duration{60'000}));
    old.signal(SIGCONT);
    std::this_thread::sleep_for(std::chrono::seconds(1));
    old.kill();
    numbers.produce(20'000);
    REQUIRE(eventually([&] { return numbers.done(); }, Duration{60'000}));
  }
  CHECK(numbers.anomalies() == "");
}

// That the tests above would see what they are there for.
TEST_CASE("a worker that commits before it writes is caught") {
  Numbers numbers(1);
  const Fault fault("commit-before-produce");
  {
    WorkerProcess worker(numbers.settings(), "worker-0", faulty_worker_program());
    numbers.produce(1000);
    REQUIRE(eventually([&] { return numbers.done(); }, Duration{60'000}));
    worker.kill();
  }
  WorkerProcess worker(numbers.settings(), "worker-0", faulty_worker_program());
  numbers.produce(1000);
  REQUIRE(eventually([&] { return numbers.done(); }, Duration{60'000}));
  CHECK(numbers.anomalies().starts_with("lost "));
}

TEST_CASE("a worker whose offsets are one too low is caught") {
  Numbers numbers(1);
  numbers.produce(999);  // the last one has a row
  {
    const Fault fault("offset-off-by-one");
    WorkerProcess worker(numbers.settings(), "worker-0", faulty_worker_program());
    REQUIRE(eventually([&] { return numbers.position() == 998; }, Duration{60'000}));
    worker.kill();
  }
  WorkerProcess worker(numbers.settings(), "worker-0");
  REQUIRE(eventually([&] { return numbers.done(); }, Duration{60'000}));
  CHECK(numbers.anomalies().starts_with("duplicated 1 (id 998 of key k28)"));
}

TEST_CASE("a worker that leaves the offsets out of its transaction is caught") {
  Numbers numbers(1);
  numbers.produce(999);
  KafkaServer& kafka = KafkaServer::instance();
  {
    const Fault fault("offsets-left-out");
    WorkerProcess worker(numbers.settings(), "worker-0", faulty_worker_program());
    const EvenNumbers& stage = numbers.stage();
    REQUIRE(eventually([&] { return kafka.end(stage.output, stage.partitions_out) > 0 && kafka.stable(stage.output); },
                       Duration{60'000}));
    worker.kill();
  }
  WorkerProcess worker(numbers.settings(), "worker-0");
  REQUIRE(eventually([&] { return numbers.done(); }, Duration{60'000}));
  CHECK(numbers.anomalies().starts_with("duplicated "));
}
