// The S3 sink against a real server: what is in the bucket, what is committed, and how it waits.
#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "lake.h"
#include "local_service.h"

using namespace tidegate;
using namespace tidegate::worker_test;
namespace fs = std::filesystem;

namespace {

// dev/s3/local: a bucket is a folder, an object a file.
class S3Server : public LocalService {
 public:
  S3Server() : LocalService("s3", "TIDEGATE_TEST_S3") { start(); }
  fs::path make_bucket(const std::string& name) const {
    const fs::path bucket = fs::path(directory()) / "data" / name;
    fs::create_directories(bucket);
    return bucket;
  }
};

S3Server& s3_server() {
  static S3Server server;
  return server;
}

struct S3Lake : Lake {
  explicit S3Lake(int partitions) : Lake(partitions), bucket(KafkaServer::instance().unique("lake")) {
    const std::string directory = cat("/tmp/tidegate-s3-test-", std::to_string(::getpid()));
    fs::create_directories(directory);
    id_file = directory + "/id";
    key_file = directory + "/key";
    std::ofstream(id_file) << "tidegate";
    std::ofstream(key_file) << "geheim-geheim";
  }
  ~S3Lake() { fs::remove_all(fs::path(id_file).parent_path()); }

  void make_bucket() { root = s3_server().make_bucket(bucket); }

  Json settings(int max_records, int max_age_ms) const {
    const Json s3 = Json::object({{"endpoint", cat("http://", s3_server().address())},
                                  {"region", "eu-test-1"},
                                  {"bucket", bucket},
                                  {"pathStyle", true},
                                  {"accessKeyIdFile", id_file},
                                  {"secretAccessKeyFile", key_file}});
    return Lake::settings("s3", s3, max_records, max_age_ms);
  }

  std::string bucket;
  std::string id_file;
  std::string key_file;
};

}  // namespace

TEST_CASE("every record is in one object although the worker is killed again and again") {
  S3Lake lake(4);
  lake.make_bucket();
  check_once_through_kills(lake, [&](int max_records) { return lake.settings(max_records, 200); });
}

TEST_CASE("records that are taken are not lag although their object is open and a stop stores it") {
  S3Lake lake(1);
  lake.make_bucket();
  WorkerProcess worker(lake.settings(1000, 3'600'000), "worker-0");
  lake.stage.produce(0, 10);
  REQUIRE(eventually([&] { return lake.stage.totals().in == 10; }));
  CHECK(lake.stored() == 0);
  CHECK(lake.stage.position() == 0);
  CHECK(worker.terminate() == 0);
  CHECK(lake.lines() == lake.expected(10));
  CHECK(lake.stage.position() == 10);
  CHECK(lake.stage.totals().out == 10);
}

TEST_CASE("what the server refuses is told with its remedy and goes on once it is set right") {
  S3Lake lake(1);
  std::ofstream(lake.key_file) << "wrong";
  lake.stage.produce(0, 10);
  WorkerProcess worker(lake.settings(5, 200), "worker-0");
  const auto says = [&](const std::string& words) {
    return eventually([&] { return lake.stage.totals().problem.ends_with(words); });
  };
  const std::string bucket = cat(" for bucket ", lake.bucket, ": ");
  CHECK(says(
      cat("S3: 403 SignatureDoesNotMatch", bucket, "correct the Secret of secretAccessKeySecretRef, or s3.region")));
  std::ofstream(lake.id_file) << "nobody";
  CHECK(says("No user exists with the provided access key ID."));  // what this server says for InvalidAccessKeyId
  std::ofstream(lake.id_file) << "tidegate";
  std::ofstream(lake.key_file) << "geheim-geheim";
  CHECK(says(cat("S3: 404 NoSuchBucket", bucket, "create the bucket, or correct s3.bucket")));
  CHECK(worker.get("/readyz").first == 503);
  CHECK(lake.stage.position() == 0);
  lake.make_bucket();
  REQUIRE(eventually([&] { return lake.stage.position() == 10; }));
  CHECK(lake.lines() == lake.expected(10));
  CHECK(lake.stage.totals().problem.empty());
}

TEST_CASE("a server that is away is waited for") {
  S3Lake lake(2);
  lake.make_bucket();
  WorkerProcess worker(lake.settings(50, 200), "worker-0");
  lake.stage.produce(0, 100);
  REQUIRE(eventually([&] { return lake.stage.position() == 100; }));
  s3_server().crash();
  lake.stage.produce(100, 300);
  REQUIRE(eventually([&] { return lake.stage.totals().problem.starts_with("S3: Failed to connect"); }));
  std::this_thread::sleep_for(Duration{3000});
  CHECK(lake.stage.position() == 100);
  s3_server().start();
  REQUIRE(eventually([&] { return lake.stage.position() == 300; }));
  CHECK(lake.lines() == lake.expected(300));
  CHECK(worker.get("/readyz").first == 200);
}

TEST_CASE("a record that does not fit the fields is a dead letter and in no object") {
  S3Lake lake(1);
  lake.make_bucket();
  KafkaServer::instance().produce(lake.stage.input, {{std::nullopt, EvenNumbers::record(0), 0, {}},
                                                     {std::nullopt, "no JSON", 0, {}},
                                                     {std::nullopt, EvenNumbers::record(1), 0, {}}});
  WorkerProcess worker(lake.settings(2, 200), "worker-0");
  REQUIRE(eventually([&] { return lake.stage.position() == 3; }));
  CHECK(lake.lines() == lake.expected(2));
  CHECK(lake.stage.totals().dead_letters == 1);
  CHECK(lake.stage.totals().out == 2);
  CHECK(KafkaServer::instance().read(lake.stage.dead_letters).size() == 1);
  CHECK(worker.metric("tidegate_sink_rows_total") == 2);
}

TEST_CASE("a sink of another kind begins with what was not stored") {
  S3Lake lake(1);
  lake.make_bucket();
  const Json settings = lake.settings(6, 3'600'000);
  lake.stage.produce(0, 10);
  {
    WorkerProcess worker(settings, "worker-0");
    REQUIRE(eventually([&] { return lake.stage.totals().in == 10 && lake.stage.position() == 6; }));
    worker.kill();
  }
  Json log = settings;
  log["sink"] = Json::object({{"log", Json::Object{}}});
  WorkerProcess worker(log, "worker-0");
  REQUIRE(eventually([&] { return lake.stage.position() == 10; }));
  CHECK(worker.terminate() == 0);
  const std::string output = worker.output();
  CHECK(output.find(EvenNumbers::record(5)) == std::string::npos);
  for (int n = 6; n < 10; ++n) CHECK(output.find(EvenNumbers::record(n)) != std::string::npos);
}
