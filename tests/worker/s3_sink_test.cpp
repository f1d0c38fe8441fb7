// The S3 sink against a real server: what is in the bucket, what is committed, and how it waits.
#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "local_service.h"
#include "stages.h"
#include "worker_process.h"

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

struct Lake {
  explicit Lake(int partitions) : stage(partitions), bucket(KafkaServer::instance().unique("lake")) {
    const std::string directory = cat("/tmp/tidegate-s3-test-", std::to_string(::getpid()));
    fs::create_directories(directory);
    id_file = directory + "/id";
    key_file = directory + "/key";
    std::ofstream(id_file) << "tidegate";
    std::ofstream(key_file) << "geheim-geheim";
  }
  ~Lake() { fs::remove_all(fs::path(id_file).parent_path()); }

  Json settings(int max_records, int max_age_ms) const {
    Json settings = stage.settings();
    settings["kind"] = "sink";
    settings["stage"] = "lake";
    settings["sink"] = Json::object({{"s3", Json::object({{"endpoint", cat("http://", s3_server().address())},
                                                          {"region", "eu-test-1"},
                                                          {"bucket", bucket},
                                                          {"pathStyle", true},
                                                          {"prefix", "raw"},
                                                          {"maxRecords", max_records},
                                                          {"maxAge", max_age_ms},
                                                          {"accessKeyIdFile", id_file},
                                                          {"secretAccessKeyFile", key_file}})}});
    return settings;
  }

  // The lines of every object, in the order of their names.
  std::map<int, std::vector<std::string>> lines() const {
    std::map<int, std::vector<std::string>> found;
    std::map<fs::path, int> files;
    for (int partition = 0; partition < stage.partitions_in; ++partition) {
      const fs::path folder = s3_server().make_bucket(bucket) / "raw" / stage.input / std::to_string(partition);
      if (!fs::exists(folder)) continue;
      for (const auto& entry : fs::directory_iterator(folder)) files[entry.path()] = partition;
    }
    for (const auto& [path, partition] : files) {
      std::ifstream file(path);
      for (std::string line; std::getline(file, line);) found[partition].push_back(line);
    }
    return found;
  }
  std::map<int, std::vector<std::string>> expected(int count) const {
    std::map<int, std::vector<std::string>> lines;
    for (int n = 0; n < count; ++n) lines[n % stage.partitions_in].push_back(EvenNumbers::record(n));
    return lines;
  }
  std::int64_t stored() const {
    std::int64_t sum = 0;
    for (const auto& [partition, found] : lines()) sum += std::ssize(found);
    return sum;
  }

  EvenNumbers stage;  // its input and group, with another worker
  std::string bucket;
  std::string id_file;
  std::string key_file;
};

}  // namespace

TEST_CASE("every record is in one object although the worker is killed again and again") {
  constexpr int total = 20'000;
  const Lake lake(4);
  s3_server().make_bucket(lake.bucket);
  lake.stage.produce(0, total);
  Json settings = lake.settings(97, 200);
  settings["rateLimit"] = 2500;  // so that there is something left to do after every kill
  for (int kills = 0; kills < 6; ++kills) {
    const std::int64_t before = lake.stored();
    WorkerProcess worker(settings, "worker-0");
    REQUIRE(eventually([&] { return lake.stored() > before; }));
    std::this_thread::sleep_for(Duration{kills * 7});
    worker.kill();
  }
  WorkerProcess worker(lake.settings(97, 200), "worker-0");
  REQUIRE(eventually([&] { return lake.stage.position() == total; }, Duration{120'000}));
  CHECK(worker.terminate() == 0);
  CHECK(lake.lines() == lake.expected(total));
  std::int64_t took = 0;
  for (const auto& metadata :
       KafkaServer::instance().committed(lake.stage.group, lake.stage.input, lake.stage.partitions_in)) {
    REQUIRE(metadata);
    CHECK(*metadata->took == *metadata->seen);
    CHECK(*metadata->gave == metadata->records_out);
    took += *metadata->took;
  }
  CHECK(took == total);
  CHECK(lake.stage.totals().in == total);
  CHECK(lake.stage.totals().out == total);
}

TEST_CASE("records that are taken are not lag although their object is open and a stop stores it") {
  const Lake lake(1);
  s3_server().make_bucket(lake.bucket);
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
  const Lake lake(1);
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
  s3_server().make_bucket(lake.bucket);
  REQUIRE(eventually([&] { return lake.stage.position() == 10; }));
  CHECK(lake.lines() == lake.expected(10));
  CHECK(lake.stage.totals().problem.empty());
}

TEST_CASE("a server that is away is waited for") {
  const Lake lake(2);
  s3_server().make_bucket(lake.bucket);
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
  const Lake lake(1);
  s3_server().make_bucket(lake.bucket);
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
  const Lake lake(1);
  s3_server().make_bucket(lake.bucket);
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
