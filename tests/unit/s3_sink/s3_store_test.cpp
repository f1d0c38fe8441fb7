// The S3 store against a server on the loopback that answers as a case tells it; tests/worker has a real one.
#include "worker/sinks/s3_store.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <mutex>

#include "common/base/text.h"
#include "tests/unit/kube/loopback.h"

using namespace tidegate;
using namespace tidegate::sinks;
using kube::test::Connection;
using kube::test::Identity;
using kube::test::Loopback;

namespace {

constexpr Duration patience{5'000};

// Keeps the requests and answers all alike.
class Server {
 public:
  explicit Server(std::string status, std::string body = "", const Identity* identity = nullptr)
      : status_(std::move(status)), body_(std::move(body)), loopback_([this](Connection& c) { serve(c); }, identity) {}

  std::string url() const { return loopback_.url(); }
  std::string request() {
    const std::lock_guard lock(mutex_);
    return request_;
  }

 private:
  void serve(Connection& connection) {
    for (std::string request; !(request = connection.read_request()).empty();) {
      {
        const std::lock_guard lock(mutex_);
        request_ = request;
      }
      if (!connection.write(
              cat("HTTP/1.1 ", status_, "\r\nContent-Length: ", std::to_string(body_.size()), "\r\n\r\n", body_)))
        return;
    }
  }

  std::string status_;
  std::string body_;
  std::mutex mutex_;
  std::string request_;
  Loopback loopback_;
};

struct Secrets {
  Secrets() {
    write("AKID\n", id);
    write("geheim", key);
  }
  ~Secrets() {
    std::remove(id.c_str());
    std::remove(key.c_str());
  }
  static void write(const std::string& text, const std::string& path) { std::ofstream(path) << text; }
  std::string id = cat("/tmp/tidegate-s3-id-", std::to_string(::getpid()));
  std::string key = cat("/tmp/tidegate-s3-key-", std::to_string(::getpid()));
};

stage::S3Settings settings(const std::string& endpoint, const Secrets& secrets) {
  stage::S3Settings out;
  out.endpoint = endpoint;
  out.region = "eu-test-1";
  out.bucket = "lake";
  out.access_key_id_file = secrets.id;
  out.secret_access_key_file = secrets.key;
  return out;
}

}  // namespace

TEST_CASE("an object is put under its path and signed with its content") {
  const Secrets secrets;
  Server server("200 OK");
  const auto store = *make_s3_store(settings(server.url(), secrets));
  REQUIRE(store->open().ok());
  CHECK(store->put("raw/day=1/a.ndjson", "{}\n", patience).ok());
  const std::string request = server.request();
  CHECK(request.starts_with("PUT /lake/raw/day%3D1/a.ndjson HTTP/1.1\r\n"));
  CHECK(request.find("\r\nx-amz-content-sha256: " + sha256_hex("{}\n")) != std::string::npos);
  CHECK(request.find("\r\nauthorization: AWS4-HMAC-SHA256 Credential=AKID/") != std::string::npos);
  CHECK(request.find("/eu-test-1/s3/aws4_request") != std::string::npos);
  CHECK(request.ends_with("\r\n\r\n{}\n"));
  CHECK(request.find("geheim") == std::string::npos);
}

TEST_CASE("a listing asks for what stands behind a name") {
  const Secrets secrets;
  Server server("200 OK", "<Contents><Key>raw/t/0/b</Key></Contents><Contents><Key>raw/t/0/c</Key></Contents>");
  const auto store = *make_s3_store(settings(server.url(), secrets));
  REQUIRE(store->open().ok());
  const auto names = store->list("raw/t/0/", "a", patience);
  REQUIRE(names.ok());
  CHECK(*names == std::vector<std::string>{"b", "c"});
  CHECK(server.request().starts_with(
      "GET /lake/?list-type=2&max-keys=1000&prefix=raw%2Ft%2F0%2F&start-after=raw%2Ft%2F0%2Fa HTTP/1.1\r\n"));
}

TEST_CASE("the bucket may stand in front of the host") {
  const Secrets secrets;
  Server server("200 OK");
  auto virtual_host = settings(server.url(), secrets);
  virtual_host.path_style = false;
  virtual_host.endpoint.replace(virtual_host.endpoint.find("127.0.0.1"), 9, "localhost");
  const auto store = *make_s3_store(virtual_host);
  REQUIRE(store->open().ok());
  REQUIRE(store->put("a", "x", patience).ok());  // lake.localhost is the loopback for libcurl
  CHECK(server.request().starts_with("PUT /a HTTP/1.1\r\nHost: lake.localhost:"));
}

TEST_CASE("a refusal waits and is told with its remedy") {
  const Secrets secrets;
  Server server("404 Not Found", "<Error><Code>NoSuchBucket</Code></Error>");
  const auto store = *make_s3_store(settings(server.url(), secrets));
  REQUIRE(store->open().ok());
  const auto put = store->put("a", "x", patience);
  REQUIRE_FALSE(put.ok());
  CHECK(put.error().reason == "Waiting");
  CHECK(put.error().message == "S3: 404 NoSuchBucket for bucket lake: create the bucket, or correct s3.bucket");
}

TEST_CASE("a secret that is missing is waited for by name and read again") {
  const Secrets secrets;
  Server server("200 OK");
  const auto store = *make_s3_store(settings(server.url(), secrets));
  secrets.write("", secrets.key);
  const auto opened = store->open();
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().message == "S3: nothing in " + secrets.key);
  secrets.write("geheim", secrets.key);
  CHECK(store->open().ok());
}

TEST_CASE("only a server of a trusted authority gets something") {
  const Secrets secrets;
  const Identity identity = kube::test::make_identity("127.0.0.1");
  Server server("200 OK", "", &identity);
  auto trusting = settings(server.url(), secrets);
  const auto wary = *make_s3_store(trusting);
  REQUIRE(wary->open().ok());
  CHECK_FALSE(wary->put("a", "x", patience).ok());
  CHECK(server.request().empty());
  trusting.ca_file = cat("/tmp/tidegate-s3-ca-", std::to_string(::getpid()));
  Secrets::write(identity.certificate, trusting.ca_file);
  const auto store = *make_s3_store(trusting);
  REQUIRE(store->open().ok());
  CHECK(store->put("a", "x", patience).ok());
  std::remove(trusting.ca_file.c_str());
}

TEST_CASE("an endpoint that is none is refused") {
  const auto store = make_s3_store(settings("s3.example.com", Secrets()));
  REQUIRE_FALSE(store.ok());
  CHECK(store.error().message == "sink.s3.endpoint: must begin with http:// or https://");
}
