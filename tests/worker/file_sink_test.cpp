// The file sink: what is on the volume, what is committed, and how it waits.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "lake.h"

using namespace tidegate;
using namespace tidegate::worker_test;
namespace fs = std::filesystem;

namespace {

struct FileLake : Lake {
  explicit FileLake(int partitions) : Lake(partitions) {
    root = fs::temp_directory_path() / KafkaServer::instance().unique("tidegate-file-sink");
    fs::create_directories(root);
  }
  ~FileLake() { fs::remove_all(root); }

  Json settings(int max_records, int max_age_ms) const {
    return Lake::settings("file", Json::object({{"directory", root.string()}}), max_records, max_age_ms);
  }
  fs::path folder() const { return root / "raw" / stage.input / "0"; }
};

}  // namespace

TEST_CASE("every record is in one file although the worker is killed again and again") {
  const FileLake lake(4);
  check_once_through_kills(lake, [&](int max_records) { return lake.settings(max_records, 200); });
}

TEST_CASE("what a worker that died left half written is removed") {
  const FileLake lake(1);
  fs::create_directories(lake.folder());
  std::ofstream(lake.folder() / ".0000000000000000000-0000000000000000004-00000000.ndjson.unfinished") << "{\"n";
  std::ofstream(lake.folder() / ".keep") << "somebody else's";
  lake.stage.produce(0, 10);
  const WorkerProcess worker(lake.settings(5, 200), "worker-0");
  REQUIRE(eventually([&] { return lake.stage.position() == 10; }));
  CHECK(lake.lines() == lake.expected(10));
  CHECK(std::distance(fs::directory_iterator(lake.folder()), {}) == 3);
  CHECK(fs::exists(lake.folder() / ".keep"));
}

TEST_CASE("a volume that refuses is told with its remedy and goes on once it is set right") {
  const FileLake lake(1);
  lake.stage.produce(0, 10);
  std::ofstream(lake.root / "raw") << "in the way of the folder";
  WorkerProcess worker(lake.settings(5, 200), "worker-0");
  const auto says = [&](const std::string& words) {
    return eventually([&] { return lake.stage.totals().problem.find(words) != std::string::npos; });
  };
  CHECK(says("Not a directory; make the folder, or correct file.path"));
  CHECK(worker.get("/readyz").first == 503);
  fs::remove(lake.root / "raw");
  REQUIRE(eventually([&] { return lake.stage.position() == 10; }));
  CHECK(lake.lines() == lake.expected(10));
  fs::remove_all(lake.root);
  lake.stage.produce(10, 20);
  CHECK(says("No such file or directory"));
  fs::create_directories(lake.root);
  REQUIRE(eventually([&] { return lake.stage.position() == 20; }));
  CHECK(lake.stored() == 10);
}
