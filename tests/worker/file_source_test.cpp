// The file source: what arrives in the topic, what is committed beside it, and how it waits.
#include "file_source.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <random>
#include <thread>

#include "kafka/murmur2.h"
#include "worker_process.h"

using namespace tidegate;
using namespace tidegate::worker_test;
namespace fs = std::filesystem;

namespace {

KafkaServer& broker() {
  return KafkaServer::instance();
}

}  // namespace

TEST_CASE("files are read in the order of their names and new ones are found") {
  const FileSource source(1);
  source.put_numbers("b.ndjson", 10, 20);
  source.put_numbers("a.ndjson", 0, 10);
  source.put("a.csv", "not meant");
  source.put(".hidden.ndjson", "not meant");
  WorkerProcess worker(source.settings("in/*.ndjson"), "worker-0");
  REQUIRE(eventually([&] { return source.in() == 20; }));
  CHECK(worker.get("/readyz").first == 200);
  source.put_numbers("c.ndjson", 20, 30);
  REQUIRE(eventually([&] { return source.in() == 30; }));
  source.put_numbers("aa.ndjson", 100, 110);  // too late: it is behind
  REQUIRE(eventually([&] { return worker.metric("tidegate_source_late_files") == 1; }));
  CHECK(worker.metric("tidegate_source_lag_files") == 0);
  CHECK(worker.metric("tidegate_stage_records_out_total") == 30);
  CHECK(worker.terminate() == 0);
  const auto taken = broker().read(source.to);
  REQUIRE(taken.size() == 30);
  for (int n = 0; n < 30; ++n) {
    CHECK(taken[static_cast<std::size_t>(n)].value == EvenNumbers::record(n));
    CHECK(taken[static_cast<std::size_t>(n)].key == cat("k", std::to_string(n)));
  }
  CHECK(source.told()->records_out == 30);
  CHECK_FALSE(source.told()->waiting);
}

TEST_CASE("a record of a file is in the topic once although the worker is killed again and again") {
  constexpr int files = 12, in_each = 5'000;
  const FileSource source;
  for (int i = 0; i < files; ++i) {
    source.put_numbers(cat("part-", i < 10 ? "0" : "", std::to_string(i)), i * in_each, (i + 1) * in_each);
  }
  Json slow = source.settings("in/part-*");
  slow["rateLimit"] = 4'000;  // so that there is something left to do after every kill
  std::mt19937 random(20261126);
  for (int kill = 0; kill < 8; ++kill) {
    const std::int64_t before = source.in();
    WorkerProcess worker(slow, "worker-0");
    REQUIRE(eventually([&] { return source.in() > before; }, Duration{60'000}));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 300'000));
    worker.kill();
  }
  WorkerProcess worker(source.settings("in/part-*"), "worker-0");
  REQUIRE(eventually([&] { return source.in() == files * in_each; }, Duration{60'000}));
  CHECK(worker.terminate() == 0);
  REQUIRE(eventually([&] { return broker().stable(source.to); }));
  CHECK(source.records() == FileSource::expected(files * in_each));
  for (const Stored& record : broker().read(source.to)) {
    REQUIRE(record.partition == kafka::partition_of_key(*record.key, source.partitions));
  }
  const auto told = source.told();
  CHECK(told->records_out == files * in_each);
  CHECK(*told->seen == *told->took);
  CHECK(*told->gave == told->records_out);
  CHECK(broker().read(source.dead_letters).empty());
}

TEST_CASE("two workers at once write a record once") {
  const FileSource source;
  Json slow = source.settings("in/*");
  slow["rateLimit"] = 5'000;
  source.put_numbers("all", 0, 20'000);
  {
    WorkerProcess first(slow, "worker-a");
    REQUIRE(eventually([&] { return source.in() > 0; }));
    WorkerProcess second(slow, "worker-b");  // fences the first, which comes back and fences it
    std::this_thread::sleep_for(Duration{4'000});
    first.kill();
    REQUIRE(eventually([&] { return source.in() == 20'000; }, Duration{60'000}));
  }
  CHECK(source.records() == FileSource::expected(20'000));
}

TEST_CASE("what is no record is a dead letter with its file and line") {
  const FileSource source(1, {{"max.message.bytes", "10000"}});
  source.put("a.ndjson", cat(EvenNumbers::record(0), "\n\nno JSON\r\n", R"({"n":"?"})", "\n", EvenNumbers::record(1),
                             "\n", R"({"n":2,"name":")", std::string(20'000, 'x'), "\"}\n", EvenNumbers::record(2)));
  WorkerProcess worker(source.settings("in/*.ndjson"), "worker-0");
  REQUIRE(eventually([&] { return source.in() == 6; }));
  CHECK(source.records() == FileSource::expected(3));
  const auto letters = broker().read(source.dead_letters);
  REQUIRE(letters.size() == 3);
  CHECK(letters[0].value == "no JSON");
  CHECK(letters[0].headers.at("tidegate-topic") == "in/a.ndjson");
  CHECK(letters[0].headers.at("tidegate-offset") == "3");
  CHECK(letters[0].headers.at("tidegate-reason") == "Malformed");
  CHECK(letters[0].headers.at("tidegate-message").starts_with("in/a.ndjson, line 3: "));
  CHECK(letters[1].headers.at("tidegate-reason") == "WrongType");
  CHECK(letters[2].headers.at("tidegate-reason") == "Oversized");
  CHECK(source.told()->dead_letters == 3);
  CHECK(source.told()->dead_letters_by_reason->at("WrongType") == 1);
  CHECK(worker.metric(
            "tidegate_stage_dead_letters_total{namespace=\"test\",pipeline=\"numbers\",reason=\"Malformed\"") == 1);
}

TEST_CASE("rows of csv files become records and a file that is none a dead letter") {
  const FileSource source(1);
  source.put("a.csv", "name,other,n\nk0,\"x,\ny\",0\nk1,z,one\nk2,,2\n");
  source.put("b.csv", "n,n\n1,2\n");
  source.put("c.csv", "");
  source.put("d.csv", "n\n3\n");
  const WorkerProcess worker(source.settings("in/*.csv", "csv"), "worker-0");
  REQUIRE(eventually([&] { return source.in() == 5; }));
  const auto taken = broker().read(source.to);
  REQUIRE(taken.size() == 3);
  CHECK(taken[0].value == R"({"n":0,"name":"k0"})");
  CHECK(taken[1].value == R"({"n":2,"name":"k2"})");
  CHECK(taken[2].value == R"({"n":3,"name":null})");
  CHECK_FALSE(taken[2].key);
  const auto letters = broker().read(source.dead_letters);
  REQUIRE(letters.size() == 2);
  CHECK(letters[0].value == "k1,z,one");
  CHECK(letters[0].headers.at("tidegate-message").starts_with("in/a.csv, line 4: "));
  CHECK(letters[1].value == "in/b.csv");
  CHECK(letters[1].headers.at("tidegate-reason") == "Malformed");
}

TEST_CASE("what a file sink wrote as Parquet comes back once through kills") {
  constexpr int total = 20'000;
  const FileSource source;
  const EvenNumbers numbers(1);
  numbers.produce(0, total);
  {
    Json sink = numbers.settings();
    sink["kind"] = "sink";
    sink["sink"] = Json::object({{"file", Json::object({{"directory", source.root.string()},
                                                        {"prefix", "out"},
                                                        {"format", "parquet"},
                                                        {"maxRecords", 3'000},
                                                        {"maxAge", 200}})}});
    const WorkerProcess worker(sink, "worker-0");
    REQUIRE(eventually([&] { return numbers.position() == total; }));
  }
  const std::string path = cat("out/", numbers.input, "/0/*.parquet");
  Json slow = source.settings(path, "parquet");
  slow["rateLimit"] = 4'000;
  for (int kill = 0; kill < 3; ++kill) {
    const std::int64_t before = source.in();
    WorkerProcess worker(slow, "worker-0");
    REQUIRE(eventually([&] { return source.in() > before; }));
    worker.kill();
  }
  const WorkerProcess worker(source.settings(path, "parquet"), "worker-0");
  REQUIRE(eventually([&] { return source.in() == total; }));
  CHECK(source.records() == FileSource::expected(total));
}

TEST_CASE("a folder that is missing or a file that goes is waited for and said") {
  const FileSource source(1);
  fs::remove_all(source.root / "in");
  WorkerProcess worker(source.settings("in/*"), "worker-0");
  const auto waits = [&](const std::string& words) {
    return eventually([&] { return source.told() && source.told()->problem.find(words) != std::string::npos; });
  };
  CHECK(waits("Volume: in/: No such file or directory; make the folder, or correct file.path"));
  CHECK(worker.get("/readyz").first == 503);
  CHECK(worker.metric("tidegate_stage_waiting") == 1);
  fs::create_directories(source.root / "in");
  source.put_numbers("a", 0, 3);
  REQUIRE(eventually([&] { return source.in() == 3; }));
  REQUIRE(ready(worker));
  CHECK_FALSE(source.told()->waiting);
  CHECK(worker.terminate() == 0);
  fs::remove(source.root / "in" / "a");  // it was read to its end
  source.put_numbers("b", 3, 20'000);
  Json slow = source.settings("in/*");
  slow["rateLimit"] = 1'000;
  {
    WorkerProcess next(slow, "worker-0");
    REQUIRE(eventually([&] { return source.in() > 3; }));
    next.kill();
  }
  fs::rename(source.root / "in" / "b", source.root / "b");
  WorkerProcess again(source.settings("in/*"), "worker-0");
  CHECK(waits("in/b is gone and was read to row "));
  fs::rename(source.root / "b", source.root / "in" / "b");
  REQUIRE(eventually([&] { return source.in() == 20'000; }));
  CHECK(source.records() == FileSource::expected(20'000));
}

TEST_CASE("a compacted topic gets no record without a key") {
  const FileSource source(1, {{"cleanup.policy", "compact"}});
  source.put("a", "{\"n\":1}\n{\"n\":2,\"name\":\"k\"}\n");
  const WorkerProcess worker(source.settings("in/*"), "worker-0");
  REQUIRE(eventually([&] { return source.in() == 2; }));
  const auto letters = broker().read(source.dead_letters);
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].headers.at("tidegate-reason") == "Rejected");
}
