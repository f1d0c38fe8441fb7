// The HTTP sink against a server on the loopback that answers as a case tells it.
#include "worker/sinks/http_sink.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <mutex>

#include "common/base/text.h"
#include "common/json/json.h"
#include "tests/unit/kube/loopback.h"

using namespace tidegate;
using namespace tidegate::sinks;
using kube::test::Connection;
using kube::test::Identity;
using kube::test::Loopback;

namespace {

// Keeps the requests; `answer` gives the status and further headers, each with its line end.
class Target {
 public:
  using Answer = std::function<std::string(const std::string& request, int number)>;
  explicit Target(Answer answer, const Identity* identity = nullptr)
      : answer_(std::move(answer)), server_([this](Connection& connection) { serve(connection); }, identity) {}

  std::string url() const { return server_.url(); }
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  static std::string body(const std::string& request) { return request.substr(request.find("\r\n\r\n") + 4); }
  static std::string header(const std::string& request, const std::string& name) {
    const auto at = request.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const auto begin = at + name.size() + 4;
    return request.substr(begin, request.find("\r\n", begin) - begin);
  }

 private:
  void serve(Connection& connection) {
    for (std::string request; !(request = connection.read_request()).empty();) {
      int number = 0;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
        number = static_cast<int>(requests_.size());
      }
      if (!connection.write("HTTP/1.1 " + answer_(request, number) + "Content-Length: 2\r\n\r\nno")) return;
    }
  }

  Answer answer_;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  Loopback server_;
};

const std::string ok = "200 OK\r\n";

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    static int number = 0;
    path = cat("/tmp/tidegate-http-sink-", std::to_string(::getpid()), "-", std::to_string(++number));
    std::ofstream(path) << text;
  }
  ~TemporaryFile() { std::remove(path.c_str()); }
  std::string path;
};

std::unique_ptr<Sink> sink_to(const stage::HttpSinkSettings& settings, Clock clock = Clock::real()) {
  auto fields = codec::Schema::from_json(Json::parse(R"([{"name": "n", "type": "BIGINT", "required": true}])").value());
  auto made = make_http_sink(settings, *std::move(fields), "shop/fraud/hook", "alerts", std::move(clock));
  REQUIRE(made.ok());
  return *std::move(made);
}

struct Records {
  std::vector<std::string> values;
  std::vector<kafka::Record> records;
  // {"n":0} … at the offsets 0 …
  explicit Records(int count) {
    for (int n = 0; n < count; ++n) values.push_back(cat(R"({"n":)", std::to_string(n), "}"));
    for (int n = 0; n < count; ++n) add(n);
  }
  void add(int n) {
    kafka::Record record;
    record.value = values[static_cast<std::size_t>(n)];
    record.offset = n;
    record.timestamp_ms = 1000;
    records.push_back(record);
  }
};

}  // namespace

TEST_CASE("http_sink: posts records with token and key and signature") {
  Target target([](const std::string&, int) { return ok; });
  const TemporaryFile token("t0ken\n");
  const TemporaryFile secret("whsec_plJ3nmyCDGBKInavdOK15jsl\n");
  const auto sink = sink_to({target.url() + "/in", false, 2, "", token.path, secret.path});
  REQUIRE(sink->open().ok());
  const Records records(3);
  const auto outcome = sink->write(records.records);
  REQUIRE(outcome.ok());
  CHECK(outcome->taken == 3);
  CHECK(outcome->acknowledged == 3);
  CHECK(outcome->nulls == std::vector<std::int64_t>{0});
  const auto requests = target.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].starts_with("POST /in HTTP/1.1\r\n"));
  CHECK(Target::body(requests[0]) == "{\"n\":0}\n{\"n\":1}\n");
  CHECK(Target::body(requests[1]) == "{\"n\":2}\n");
  CHECK(Target::header(requests[0], "Content-Type") == "application/x-ndjson");
  CHECK(Target::header(requests[0], "Authorization") == "Bearer t0ken");
  CHECK(Target::header(requests[0], "Tidegate-Records") == "alerts/0/0-1");
  CHECK(Target::header(requests[0], "Idempotency-Key").size() == 64);
  CHECK(Target::header(requests[0], "Idempotency-Key") != Target::header(requests[1], "Idempotency-Key"));
  CHECK(Target::header(requests[0], "webhook-id") == Target::header(requests[0], "Idempotency-Key"));
  CHECK(Target::header(requests[0], "webhook-signature").starts_with("v1,"));
}

TEST_CASE("http_sink: what the target took is not posted again and the rest keeps its key") {
  Target target([](const std::string&, int number) { return number == 2 ? "503 Busy\r\n" : ok; });
  const auto sink = sink_to({target.url(), true, 2, "", "", ""});
  REQUIRE(sink->open().ok());
  const Records records(4);
  const auto failed = sink->write(records.records);
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().reason == "Waiting");
  CHECK(failed.error().message == "HTTP: the target answered with status 503");
  REQUIRE(sink->open().ok());
  const auto outcome = sink->write(records.records);
  REQUIRE(outcome.ok());
  CHECK(outcome->acknowledged == 4);
  const auto requests = target.requests();
  REQUIRE(requests.size() == 3);
  CHECK(Target::body(requests[2]) == R"([{"n":2},{"n":3}])");
  CHECK(Target::header(requests[1], "Idempotency-Key") == Target::header(requests[2], "Idempotency-Key"));
}

TEST_CASE("http_sink: exactly the refused records are reported") {
  Target target([](const std::string& request, int) {
    return request.find(R"({"n":5})") != std::string::npos ? "422 Unprocessable\r\n" : ok;
  });
  const auto sink = sink_to({target.url(), false, 100, "", "", ""});
  REQUIRE(sink->open().ok());
  Records records(8);
  records.records[1].value = "no json";
  records.records[2].value = std::nullopt;
  const auto outcome = sink->write(records.records);
  REQUIRE(outcome.ok());
  REQUIRE(outcome->refused.size() == 3);
  CHECK(outcome->refused[0].index == 1);
  CHECK(outcome->refused[0].reason == "Malformed");
  CHECK(outcome->refused[1].index == 2);
  CHECK(outcome->refused[2].index == 5);
  CHECK(outcome->refused[2].reason == "Rejected");
  CHECK(outcome->refused[2].message == "status 422: no");
  CHECK(outcome->refused[2].summary == "status 422");
  CHECK(outcome->taken == 5);
  CHECK(outcome->acknowledged == 5);
}

TEST_CASE("http_sink: a request that is too large comes in halves and so do the next") {
  Target target([](const std::string& request, int) {
    return Target::body(request).size() > 24 ? "413 Too Large\r\n" : ok;  // three records
  });
  const auto sink = sink_to({target.url(), false, 100, "", "", ""});
  REQUIRE(sink->open().ok());
  const Records records(8);
  REQUIRE(sink->write(records.records).ok());
  const std::size_t first = target.requests().size();
  REQUIRE(sink->write(records.records).ok());
  CHECK(target.requests().size() - first == 4);  // two records each
}

TEST_CASE("http_sink: a pause that the target asks for is kept") {
  Target target([](const std::string&, int number) { return number == 1 ? "429 Slow\r\nRetry-After: 7\r\n" : ok; });
  SteadyTime now{};
  Clock clock = Clock::real();
  clock.steady = [&] { return now; };
  const auto sink = sink_to({target.url(), false, 100, "", "", ""}, clock);
  REQUIRE(sink->open().ok());
  const Records records(1);
  CHECK_FALSE(sink->write(records.records).ok());
  now += std::chrono::seconds(6);
  const auto early = sink->open();
  REQUIRE_FALSE(early.ok());
  CHECK(early.error().message == "HTTP: the target asked for a pause, 1 s are left");
  now += std::chrono::seconds(1);
  REQUIRE(sink->open().ok());
  CHECK(sink->write(records.records).ok());
}

TEST_CASE("http_sink: a wrong token waits and refuses nothing - files are read again") {
  const TemporaryFile token("old");
  Target target([](const std::string& request, int) {
    return Target::header(request, "Authorization") == "Bearer new" ? ok : "401 Unauthorized\r\n";
  });
  const auto sink = sink_to({target.url(), false, 100, "", token.path, ""});
  REQUIRE(sink->open().ok());
  const Records records(2);
  const auto refused = sink->write(records.records);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message == "HTTP: the target answered with status 401");
  std::ofstream(token.path) << "new";
  REQUIRE(sink->open().ok());
  CHECK(sink->write(records.records).ok());
}

TEST_CASE("http_sink: nobody there is waited for") {
  const auto sink = sink_to({"http://127.0.0.1:1/", false, 100, "", "", ""});
  REQUIRE(sink->open().ok());
  const Records records(1);
  const auto outcome = sink->write(records.records);
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.error().reason == "Waiting");
}

TEST_CASE("http_sink: certificates are verified against the authorities given") {
  const Identity identity = kube::test::make_identity("127.0.0.1");
  Target target([](const std::string&, int) { return ok; }, &identity);
  const TemporaryFile ca(identity.certificate);
  const Records records(1);
  const auto trusting = sink_to({target.url(), false, 100, ca.path, "", ""});
  REQUIRE(trusting->open().ok());
  CHECK(trusting->write(records.records).ok());
  const auto strange = sink_to({target.url(), false, 100, "", "", ""});
  REQUIRE(strange->open().ok());
  CHECK_FALSE(strange->write(records.records).ok());
}
