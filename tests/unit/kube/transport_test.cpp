// The HTTP library's traps, each against a loopback server that sets it.
#include "operator/kube/transport.h"

#include <doctest/doctest.h>
#include <openssl/tls1.h>
#include <unistd.h>

#include <atomic>
#include <mutex>

#include "tests/unit/kube/loopback.h"

using namespace tidegate;
using namespace tidegate::kube;
using namespace tidegate::kube::test;
using std::chrono::milliseconds;

namespace {

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::string chunk(const std::string& bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + bytes + "\r\n";
}

const std::string kChunked = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

std::unique_ptr<Transport> connect(const Loopback& server, ClusterConfig config = {}) {
  config.server = server.url();
  auto transport = make_transport(config, "tidegate/test");
  REQUIRE(transport.ok());
  return std::move(*transport);
}

Request request(const std::string& method = "GET", const std::string& body = "") {
  Request out;
  out.method = method;
  out.path = "/x";
  out.body = body;
  out.repeatable = method == "GET";
  return out;
}

milliseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
}

// Answers every request with 200 and remembers them.
struct Recorder {
  std::mutex mutex;
  std::vector<std::string> requests;
  void operator()(Connection& connection) {
    for (std::string text = connection.read_request(); !text.empty(); text = connection.read_request()) {
      {
        const std::lock_guard lock(mutex);
        requests.push_back(text);
      }
      connection.write(ok("{}"));
    }
  }
};

}  // namespace

TEST_CASE("transport: a request as the server sees it") {
  Recorder recorder;
  const Loopback server([&](Connection& c) { recorder(c); });
  ClusterConfig config;
  config.token.data = "secret";
  const auto transport = connect(server, config);
  Request post = request("POST", "{\"a\":1}");
  post.path = "/apis/a%2Fb";
  post.query = {{"labelSelector", "a in (b,c),d!=e f"}, {"continue", "x+/="}};
  post.content_type = "application/apply-patch+yaml";
  const auto response = transport->send(post, {});
  REQUIRE(response.ok());
  CHECK(response->status == 200);
  CHECK(response->body == "{}");
  REQUIRE(recorder.requests.size() == 1);
  const std::string seen = recorder.requests[0];
  INFO(seen);
  CHECK(seen.starts_with("POST /apis/a%2Fb?labelSelector=a%20in%20(b,c),d!%3De%20f&continue=x%2B/%3D HTTP/1.1"));
  CHECK(seen.find("Authorization:Bearer secret\r\n") != std::string::npos);
  CHECK(seen.find("Content-Type:application/apply-patch+yaml\r\n") != std::string::npos);
  CHECK(seen.find("User-Agent:tidegate/test\r\n") != std::string::npos);
  CHECK(seen.ends_with("{\"a\":1}"));
}

TEST_CASE("transport: warnings and Retry-After") {
  const Loopback server([](Connection& c) {
    c.read_request();
    c.write(
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nWarning: 299 - \"unknown field\"\r\n"
        "Warning: 299 - \"deprecated\"\r\nContent-Length: 2\r\n\r\nno");
  });
  const auto response = connect(server)->send(request(), {});
  REQUIRE(response.ok());
  CHECK(response->status == 429);
  CHECK(response->body == "no");
  CHECK(response->retry_after == std::chrono::seconds(3));
  CHECK(response->warnings == std::vector<std::string>{"unknown field", "deprecated"});
}

TEST_CASE("transport: on a connection the server closed a GET is repeated - a POST is not") {
  for (const std::string method : {"GET", "POST"}) {
    // The second request may come before the first's connection is back in the pool and get a new one: try again then.
    bool reused = false;
    for (int tries = 0; tries < 100 && !reused; ++tries) {
      std::atomic<int> seen = 0;
      const Loopback server([&](Connection& c) {  // answers once and, at the second request, hangs up
        if (c.read_request().empty()) return;
        ++seen;
        c.write(ok("{}"));
        if (!c.read_request().empty()) ++seen;
      });
      const auto transport = connect(server);
      REQUIRE(transport->send(request(), {}).ok());
      const auto second = transport->send(request(method, method == "POST" ? "{}" : ""), {});
      if (second.ok() && seen == 2) continue;
      reused = true;
      if (method == "GET") {
        CHECK(second.ok());
        CHECK(seen == 3);
      } else {
        REQUIRE_FALSE(second.ok());
        CHECK(second.error().reason == "Unreachable");
        CHECK(seen == 2);
      }
    }
    CHECK(reused);
  }
}

TEST_CASE("transport: redirects are not followed and take no token along") {
  Recorder elsewhere;
  const Loopback other([&](Connection& c) { elsewhere(c); });
  const Loopback server([&](Connection& c) {
    c.read_request();
    c.write("HTTP/1.1 302 Found\r\nLocation: " + other.url() + "/x\r\nContent-Length: 0\r\n\r\n");
  });
  ClusterConfig config;
  config.token.data = "secret";
  const auto response = connect(server, config)->send(request(), {});
  REQUIRE(response.ok());
  CHECK(response->status == 302);
  CHECK(other.connections() == 0);
}

TEST_CASE("transport: the deadline bounds the whole exchange - however the server dawdles") {
  const Loopback silent([](Connection& c) { c.wait_for_close(); });
  const Loopback slow([](Connection& c) {
    c.read_request();
    c.write(kChunked);
    while (c.write(chunk("x"))) std::this_thread::sleep_for(milliseconds(20));
  });
  for (const Loopback* server : {&silent, &slow}) {
    Request r = request();
    r.deadline = milliseconds(200);
    const auto start = std::chrono::steady_clock::now();
    const auto response = connect(*server)->send(r, {});
    REQUIRE_FALSE(response.ok());
    CHECK(response.error().reason == "Timeout");
    CHECK(since(start) >= milliseconds(200));
    CHECK(since(start) < std::chrono::seconds(5));
  }
}

TEST_CASE("transport: refused and unresolvable") {
  ClusterConfig config;
  {
    const Loopback gone([](Connection&) {});
    config.server = gone.url();
  }
  CHECK((*make_transport(config, "t"))->send(request(), {}).error().reason == "Unreachable");
  config.server = "http://no-such-host.invalid";
  Request r = request();
  r.deadline = milliseconds(3000);
  const auto failed = (*make_transport(config, "t"))->send(r, {});
  REQUIRE_FALSE(failed.ok());
  CHECK((failed.error().reason == "Unreachable" || failed.error().reason == "Timeout"));
  config.server = "not a url";
  CHECK_FALSE(make_transport(config, "t").ok());
}

TEST_CASE("transport: a stream delivers bytes as they arrive - and ends") {
  std::atomic<int> got = 0;
  const Loopback server([&](Connection& c) {
    c.read_request();
    c.write(kChunked);
    for (int i = 1; i <= 3; ++i) {  // each waits until the one before has arrived
      c.write(chunk("line" + std::to_string(i) + "\n"));
      while (got < i * 6) std::this_thread::yield();
    }
    c.write("0\r\n\r\n");
    c.wait_for_close();
  });
  std::string all;
  const auto response = connect(server)->stream(request(), std::chrono::seconds(10), {}, [&](std::string_view piece) {
    all.append(piece);
    got = static_cast<int>(all.size());
    return true;
  });
  REQUIRE(response.ok());
  CHECK(response->status == 200);
  CHECK(all == "line1\nline2\nline3\n");
}

TEST_CASE("transport: a large stream arrives whole") {
  const std::string line(70'000, 'x');
  const Loopback server([&](Connection& c) {
    c.read_request();
    c.write(kChunked);
    for (int i = 0; i < 50; ++i) c.write(chunk(line + "\n"));
    c.write("0\r\n\r\n");
    c.wait_for_close();
  });
  std::size_t size = 0;
  const auto response = connect(server)->stream(request(), std::chrono::seconds(10), {}, [&](std::string_view piece) {
    size += piece.size();
    return true;
  });
  CHECK(response.ok());
  CHECK(size == 50U * 70'001);
}

TEST_CASE("transport: silence - a cut and a refusal end a stream each in its way") {
  const Loopback silent([](Connection& c) {
    c.read_request();
    c.write(kChunked + chunk("a\n"));
    c.wait_for_close();
  });
  const Loopback cut([](Connection& c) {
    c.read_request();
    c.write(kChunked + chunk("a\n") + "5\r\nab");
  });
  const Loopback refusing([](Connection& c) {
    c.read_request();
    c.write("HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\ngone");
  });
  const auto stream = [](const Loopback& server) {
    return connect(server)->stream(request(), milliseconds(300), {}, [](std::string_view) { return true; });
  };
  CHECK(stream(silent).error().reason == "Timeout");
  CHECK(stream(cut).error().reason == "Unreachable");
  const auto refused = stream(refusing);
  REQUIRE(refused.ok());
  CHECK(refused->status == 410);
  CHECK(refused->body == "gone");
}

TEST_CASE("transport: the reader may end a stream") {
  const Loopback server([](Connection& c) {
    c.read_request();
    c.write(kChunked);
    while (c.write(chunk("tick\n"))) std::this_thread::sleep_for(milliseconds(1));
  });
  CHECK(connect(server)->stream(request(), std::chrono::seconds(10), {}, [](std::string_view) { return false; }).ok());
}

TEST_CASE("transport: a stop ends every phase at once") {
  const Loopback no_headers([](Connection& c) { c.wait_for_close(); });
  const Loopback no_body([](Connection& c) {
    c.read_request();
    c.write(kChunked + chunk("x"));
    c.wait_for_close();
  });
  for (const Loopback* server : {&no_headers, &no_body}) {
    for (const bool streaming : {true, false}) {
      const auto transport = connect(*server);
      std::stop_source stop;
      std::atomic<std::int64_t> took = -1;
      std::jthread stopper([&] {
        std::this_thread::sleep_for(milliseconds(100));  // let it reach its phase; any moment must do
        stop.request_stop();
      });
      const auto result = streaming ? transport->stream(request(), std::chrono::seconds(60), stop.get_token(),
                                                        [](std::string_view) { return true; })
                                    : transport->send(request(), stop.get_token());
      REQUIRE_FALSE(result.ok());
      CHECK(result.error().reason == "Canceled");
      CHECK(transport->send(request(), stop.get_token()).error().reason == "Canceled");
    }
  }
}

TEST_CASE("transport: an enormous body is given up") {
  const std::string block(1 << 20, 'x');
  const Loopback server([&](Connection& c) {
    c.read_request();
    c.write(kChunked);
    for (int i = 0; i < 80 && c.write(chunk(block)); ++i) {
    }
  });
  Request r = request();
  r.deadline = std::chrono::seconds(30);
  CHECK(connect(server)->send(r, {}).error().reason == "TooLarge");
}

TEST_CASE("transport: many callers share four threads") {
  Recorder recorder;
  const Loopback server([&](Connection& c) { recorder(c); });
  const auto transport = connect(server);
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 50; ++i) {
      callers.emplace_back([&] {
        for (int j = 0; j < 2; ++j) good += transport->send(request(), {}).ok();
      });
    }
  }
  CHECK(good == 100);
}

TEST_CASE("transport: trusts the given authority alone - checks the name - and wants TLS 1.2") {
  const Identity identity = make_identity("127.0.0.1");
  const Identity stranger = make_identity("127.0.0.1");
  Recorder recorder;
  const auto serve = [&](Connection& c) { recorder(c); };
  const auto reason = [&](const Loopback& server, ClusterConfig config) {
    const auto response = connect(server, std::move(config))->send(request(), {});
    return response ? "ok" : response.error().reason;
  };
  ClusterConfig config;
  config.ca.data = identity.certificate;

  const Loopback good(serve, &identity);
  CHECK(reason(good, config) == "ok");
  ClusterConfig other = config;
  other.tls_server_name = "kubernetes.default.svc";
  CHECK(reason(good, other) == "Unreachable");
  const Loopback impostor(serve, &stranger);
  CHECK(reason(impostor, config) == "Unreachable");
  ClusterConfig insecure;
  insecure.insecure = true;
  CHECK(reason(impostor, insecure) == "ok");
  const Loopback old(serve, &identity, TLS1_1_VERSION);
  CHECK(reason(old, config) == "Unreachable");

  const Identity named = make_identity("kubernetes.default.svc");
  const Loopback by_name(serve, &named);
  ClusterConfig named_config;
  named_config.ca.data = named.certificate;
  CHECK(reason(by_name, named_config) == "Unreachable");
  named_config.tls_server_name = "kubernetes.default.svc";
  CHECK(reason(by_name, named_config) == "ok");
}

TEST_CASE("transport: a server known to the system but not to us is refused") {
  const Identity identity = make_identity("127.0.0.1");
  const Identity ours = make_identity("ours");
  const std::string path = "/tmp/tidegate-system-ca-" + std::to_string(::getpid());
  FILE* file = std::fopen(path.c_str(), "w");
  std::fputs(identity.certificate.c_str(), file);
  std::fclose(file);
  setenv("SSL_CERT_FILE", path.c_str(), 1);
  Recorder recorder;
  const Loopback server([&](Connection& c) { recorder(c); }, &identity);
  ClusterConfig config;
  CHECK(connect(server, config)->send(request(), {}).ok());  // the system's authorities hold when none is given
  config.ca.data = ours.certificate;
  CHECK(connect(server, config)->send(request(), {}).error().reason == "Unreachable");
  unsetenv("SSL_CERT_FILE");
  std::remove(path.c_str());
}

TEST_CASE("transport: credentials that cannot work are refused at once") {
  const Identity one = make_identity("one"), two = make_identity("two");
  ClusterConfig config;
  config.server = "https://127.0.0.1:1";
  config.ca.data = "no certificate";
  CHECK(make_transport(config, "t").error().reason == "InvalidConfig");
  config.ca.data = one.certificate;
  config.client_certificate.data = one.certificate;
  config.client_key.data = two.key;
  CHECK(make_transport(config, "t").error().message.find("does not belong") != std::string::npos);
  config.client_key.data = one.key;
  CHECK(make_transport(config, "t").ok());
}
