// The HTTP intake in front of a real Kafka.
#include "worker/sources/http_intake.h"

#include <doctest/doctest.h>

#include <future>
#include <map>
#include <vector>

#include "../unit/http/client.h"
#include "common/base/text.h"
#include "common/json/json.h"
#include "kafka/admin.h"
#include "kafka/murmur2.h"
#include "kafka_server.h"
#include "local_service.h"
#include "worker/sources/http_intake.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::sources;
using http_test::Answer;
using http_test::Client;
using worker_test::eventually;
using worker_test::kafka_server;
using worker_test::KafkaServer;
using worker_test::Stored;

namespace {

// An intake into a topic of its own.
class Bench {
 public:
  explicit Bench(const std::string& topic = KafkaServer::instance().make_topic(4)) {
    options.address = "127.0.0.1";
    options.port = 0;
    options.topic = topic;
    options.labels = {{"namespace", "test"}, {"pipeline", "flights"}, {"stage", "intake"}};
    options.schema = codec::Schema::from_json(Json::parse(R"([{"name":"card","type":"VARCHAR"},
                                                              {"name":"n","type":"BIGINT","required":true}])")
                                                  .value())
                         .value();
    options.key = {"card"};
    options.kafka = KafkaServer::instance().config();
  }

  void start() {
    auto started = HttpIntake::start(options, registry_);
    REQUIRE_MESSAGE(started.ok(), (started.ok() ? "" : started.error().message));
    intake_ = std::move(started).value();
  }
  void start_and_wait() {
    start();
    REQUIRE(eventually([&] { return intake_->problem().empty(); }));
  }
  HttpIntake& intake() { return *intake_; }

  Answer post(const std::string& body) {
    Client client(intake_->port());
    return client.post(body);
  }
  double bytes_in_flight() const {
    const std::string name = R"(tidegate_intake_bytes_in_flight{namespace="test",pipeline="flights",stage="intake"} )";
    const std::string text = registry_.render();
    return std::stod(text.substr(text.find(name) + name.size()));
  }
  std::future<Answer> post_in_background(const std::string& body) {
    return std::async(std::launch::async, [this, body] { return post(body); });
  }
  std::vector<Stored> read() const { return KafkaServer::instance().read(options.topic); }

  IntakeOptions options;

 private:
  metrics::Registry registry_;
  std::unique_ptr<HttpIntake> intake_;
};

std::string line(int card, int n, std::size_t padding = 0) {
  return cat("{\"card\":\"c", std::to_string(card), "\",\"n\":", std::to_string(n), ",\"pad\":\"",
             std::string(padding, 'x'), "\"}\n");
}

std::string lines(int from, int count, std::size_t padding = 0) {
  std::string body;
  for (int n = from; n < from + count; ++n) body += line(n % 7, n, padding);
  return body;
}

}  // namespace

TEST_CASE("http_intake: records arrive byte for byte with their keys in order on the partition of the key") {
  Bench bench;
  bench.start_and_wait();
  int next = 0;
  for (int request = 0; request < 5; ++request, next += 1000) CHECK(bench.post(lines(next, 1000)).status == 200);
  const std::string odd = R"( {"n" : 5000.0 ,"card": "\u00e4", "undeclared":[1,{}] }  )";
  CHECK(bench.post(odd + "\r\n{\"n\":5001,\"card\":null}\nrefused\n").status == 207);
  const auto seen = bench.read();
  REQUIRE(seen.size() == 5002);
  std::map<std::string, std::int64_t> last;
  bool in_order = true;
  bool on_partition = true;
  for (const Stored& record : seen) {
    if (!record.key) {
      CHECK(record.value == "{\"n\":5001,\"card\":null}");
      continue;
    }
    on_partition = on_partition && record.partition == kafka::partition_of_key(*record.key, 4);
    if (*record.key == "\u00e4") {
      CHECK(record.value == odd);
      continue;
    }
    const Json value = Json::parse(record.value).value();
    in_order = in_order && value.get("card").as_string() == *record.key;
    const auto [known, first] = last.try_emplace(*record.key, -1);
    in_order = in_order && known->second < value.get("n").as_int();
    known->second = value.get("n").as_int();
  }
  CHECK(in_order);
  CHECK(on_partition);
  CHECK(last.size() == 7);
}

TEST_CASE("http_intake: a key of two fields is a compact JSON object") {
  Bench bench;
  bench.options.key = {"n", "card"};
  bench.start_and_wait();
  CHECK(bench.post("{\"card\": \"a\", \"n\": 1}\n").status == 200);
  const auto seen = bench.read();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].key == "{\"n\":1,\"card\":\"a\"}");
  CHECK(seen[0].partition == kafka::partition_of_key("{\"n\":1,\"card\":\"a\"}", 4));
}

TEST_CASE("http_intake: a topic that does not exist is 503 until it does") {
  Bench bench(KafkaServer::instance().unique("later"));
  bench.start();
  REQUIRE(eventually([&] { return bench.intake().problem().find(bench.options.topic) != std::string::npos; }));
  const Answer refused = bench.post(line(1, 1));
  CHECK(refused.status == 503);
  CHECK(refused.body.find(bench.options.topic) != std::string::npos);
  kafka::TopicSpec topic;
  topic.name = bench.options.topic;
  REQUIRE(KafkaServer::instance().admin().create_topic(topic).ok());
  REQUIRE(eventually([&] { return bench.intake().problem().empty(); }));
  CHECK(bench.post(line(1, 1)).status == 200);
}

TEST_CASE("http_intake: too much in flight is 429 while Kafka hangs and what waited is accepted when it goes on") {
  Bench bench;
  bench.options.max_in_flight = 1'000'000;
  bench.options.patience = Duration{60'000};
  bench.start_and_wait();
  CHECK(bench.post(line(0, 0)).status == 200);
  kafka_server().freeze();
  auto first = bench.post_in_background(lines(1, 20, 30'000));
  const bool held_back = eventually([&] { return bench.bytes_in_flight() > 600'000; });
  const Answer refused = bench.post(lines(100, 20, 30'000));
  kafka_server().thaw();
  const Answer held = first.get();
  CHECK(held_back);
  CHECK(refused.status == 429);
  CHECK(refused.headers.at("retry-after") == "1");
  CHECK(held.status == 200);
  CHECK(bench.read().size() == 21);
}

TEST_CASE("http_intake: a full queue is 503 and records flow again when Kafka does") {
  Bench bench;
  bench.options.patience = Duration{1'000};
  bench.start_and_wait();
  CHECK(bench.post(lines(0, 10)).status == 200);
  kafka_server().freeze();
  const Answer full = bench.post(lines(10, 150'000));  // more than the queue has room for
  CHECK(full.status == 503);
  CHECK(full.headers.at("retry-after") == "5");
  CHECK(full.body.find("no room") != std::string::npos);
  const Answer next = bench.post(lines(20, 10));
  CHECK(next.status == 503);
  CHECK_FALSE(bench.intake().problem().empty());
  kafka_server().thaw();
  CHECK(eventually([&] { return bench.intake().problem().empty(); }));
  CHECK(bench.post(lines(200'000, 10)).status == 200);
}

TEST_CASE("http_intake: while Kafka is down it is 503 at once and records flow again when it is back") {
  Bench bench;
  bench.options.patience = Duration{1'000};
  bench.start_and_wait();
  int accepted = 0;
  CHECK(bench.post(lines(0, 100)).status == 200);
  accepted += 100;
  for (const bool crash : {false, true}) {
    crash ? kafka_server().crash() : kafka_server().stop();
    CHECK(bench.post(lines(1000, 1)).status == 503);
    CHECK_FALSE(bench.intake().problem().empty());
    CHECK(bench.post(lines(2000, 1)).status == 503);
    kafka_server().start();
    REQUIRE(eventually([&] { return bench.intake().problem().empty(); }));
    CHECK(bench.post(lines(accepted, 100)).status == 200);
    accepted += 100;
  }
  // The two requests that ended in 503 after they were handed to the client: at least once.
  const auto seen = bench.read();
  std::map<std::int64_t, int> times;
  for (const Stored& record : seen) ++times[Json::parse(record.value).value().get("n").as_int()];
  bool all = true;
  for (int n = 0; n < accepted; ++n) all = all && times[n] == 1;
  CHECK(all);
}
