// The intake in front of librdkafka's own mock broker, in this process; a real Kafka is for tests/worker.
#include "worker/sources/http_intake.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>

#include "../http/client.h"
#include "common/json/json.h"

using namespace tidegate;
using namespace tidegate::sources;
using http_test::Answer;
using http_test::Client;

namespace {

IntakeOptions options_for_mock() {
  IntakeOptions options;
  options.address = "127.0.0.1";
  options.port = 0;
  options.topic = "payments";
  options.schema = codec::Schema::from_json(Json::parse(R"([{"name":"card","type":"VARCHAR","required":true},
                                               {"name":"amount","type":"DOUBLE"}])")
                                                .value())
                       .value();
  options.key = {"card"};
  options.kafka.bootstrap_servers = "127.0.0.1:1";
  options.kafka.properties = {{"test.mock.num.brokers", "1"}};
  options.labels = {{"namespace", "test"}, {"pipeline", "flights"}, {"stage", "intake"}};
  return options;
}

template <typename Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

struct Running {
  metrics::Registry registry;
  std::unique_ptr<HttpIntake> intake;

  explicit Running(const IntakeOptions& options, bool wait = true) {
    auto started = HttpIntake::start(options, registry);
    REQUIRE_MESSAGE(started.ok(), (started.ok() ? "" : started.error().message));
    intake = std::move(started).value();
    if (wait) REQUIRE(eventually([&] { return intake->problem().empty(); }));
  }

  Answer post(const std::string& body, const std::string& headers = "Content-Type: application/x-ndjson\r\n") {
    Client client(intake->port());
    client.send("POST / HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
    return client.read();
  }
  bool has_metric(const std::string& line) const {
    return ("\n" + registry.render()).find("\n" + line + "\n") != std::string::npos;
  }
};

}  // namespace

TEST_CASE("http_intake: accepted and rejected lines are told apart") {
  Running running(options_for_mock());
  Answer answer = running.post("{\"card\":\"a\"}\n\n{\"card\":\"b\",\"amount\":1.5}\r\n{\"card\":\"c\"}");
  CHECK(answer.status == 200);
  CHECK(answer.body == "{\"accepted\":3}\n");
  answer = running.post("{\"card\":\"a\"}\nnot json\n{\"amount\":1}\n{\"card\":\"a\",\"amount\":\"x\"}\n{\"card\":\"" +
                        std::string(600 * 1024, 'x') + "\"}\n");
  CHECK(answer.status == 207);
  const Json body = Json::parse(answer.body).value();
  CHECK(body.get("accepted").as_int() == 1);
  std::string reasons;
  for (const Json& item : body.get("rejected").items()) {
    reasons += std::to_string(item.get("line").as_int()) + item.get("reason").as_string() + " ";
  }
  CHECK(reasons == "2Malformed 3MissingField 4WrongType 5Oversized ");
  CHECK(running.post("nope\n").status == 400);
  CHECK(running.post("").status == 200);
  CHECK(running.post("{\n\"card\":\n\"a\"}\n", "Content-Type: application/json\r\n").body == "{\"accepted\":1}\n");
  CHECK(running.has_metric(
      "tidegate_intake_requests_total{code=\"200\",namespace=\"test\",pipeline=\"flights\",stage=\"intake\"} 3"));
  CHECK(running.has_metric(
      "tidegate_intake_requests_total{code=\"207\",namespace=\"test\",pipeline=\"flights\",stage=\"intake\"} 1"));
  CHECK(running.has_metric(
      R"(tidegate_intake_rejected_records_total{namespace="test",pipeline="flights",reason="Oversized",stage="intake"} 1)"));
  CHECK(running.has_metric(
      "tidegate_stage_records_out_total{namespace=\"test\",pipeline=\"flights\",stage=\"intake\"} 5"));
}

TEST_CASE("http_intake: the head decides without a body") {
  Running running(options_for_mock());
  CHECK(running.post("{}", "Content-Type: text/csv\r\n").status == 415);
  Client client(running.intake->port());
  const Answer helping = client.get("/");
  CHECK(helping.status == 200);
  CHECK(helping.body.find("POST /") != std::string::npos);
  CHECK(client.get("/other").status == 404);
  CHECK(running.post("x\n", "Content-Length: 9000000\r\n").status == 400);  // two lengths
  CHECK(running.has_metric(
      "tidegate_intake_requests_total{code=\"415\",namespace=\"test\",pipeline=\"flights\",stage=\"intake\"} 1"));
}

TEST_CASE("http_intake: the token is asked for") {
  IntakeOptions options = options_for_mock();
  options.token_file = "/tmp/tidegate-intake-token-" + std::to_string(::getpid());
  std::ofstream(options.token_file) << "s3cret\n";
  Running running(options);
  const Answer stranger = running.post("{\"card\":\"a\"}\n", "");
  CHECK(stranger.status == 401);
  CHECK(stranger.headers.at("www-authenticate") == "Bearer");
  CHECK(running.post("{\"card\":\"a\"}\n", "Authorization: Bearer wrong\r\n").status == 401);
  CHECK(running.post("{\"card\":\"a\"}\n", "Authorization: Bearer s3cret\r\n").status == 200);
  Client client(running.intake->port());
  CHECK(client.get("/").status == 200);
  std::remove(options.token_file.c_str());
}

TEST_CASE("http_intake: a body above the limit is 413") {
  IntakeOptions options = options_for_mock();
  options.max_body = 1000;
  Running running(options);
  CHECK(running.post(std::string(1001, ' ')).status == 413);
  CHECK(running.has_metric(
      "tidegate_intake_requests_total{code=\"413\",namespace=\"test\",pipeline=\"flights\",stage=\"intake\"} 1"));
}

TEST_CASE("http_intake: a large body of small records is accepted whole") {
  Running running(options_for_mock());
  std::string body;
  for (int i = 0; i < 150'000; ++i) body += "{\"card\":\"" + std::to_string(i) + "\"}\n";
  CHECK(running.post(body).body == "{\"accepted\":150000}\n");
}

TEST_CASE("http_intake: without Kafka it is 503 and says why") {
  IntakeOptions options = options_for_mock();
  options.kafka.properties.clear();
  Running running(options, false);
  const Answer answer = running.post("{\"card\":\"a\"}\n");
  CHECK(answer.status == 503);
  CHECK(answer.headers.at("retry-after") == "5");
  CHECK(answer.body.find("Kafka") != std::string::npos);
  CHECK_FALSE(running.intake->problem().empty());
}

TEST_CASE("http_intake: settings that cannot work are refused") {
  metrics::Registry registry;
  IntakeOptions options = options_for_mock();
  options.key = {"nope"};
  CHECK(HttpIntake::start(options, registry).error().message.find("nope") != std::string::npos);
  options = options_for_mock();
  options.token_file = "/nonexistent";
  CHECK(HttpIntake::start(options, registry).error().reason == "InvalidSettings");
  options = options_for_mock();
  options.address = "nonsense";
  CHECK(HttpIntake::start(options, registry).error().reason == "ListenFailed");
}

TEST_CASE("http_intake: stop ends without loss of what was answered and may be repeated") {
  Running running(options_for_mock());
  Client idle(running.intake->port());
  CHECK(idle.get("/").status == 200);
  CHECK(running.post("{\"card\":\"a\"}\n").status == 200);
  running.intake->stop(Duration{1000});
  running.intake->stop(Duration{0});
  CHECK(idle.closed());
}
