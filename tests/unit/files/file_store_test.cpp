#include "worker/files/file_store.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/files/temporary_folder.h"

using namespace tidegate;
using namespace tidegate::files;
namespace fs = std::filesystem;

namespace {

constexpr Duration kTime{1'000};
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("what was put is there whole and listed in order behind a name") {
  const TemporaryFolder root;
  const auto store = make_file_store(root.path().string(), "w-0");
  REQUIRE(store->open().ok());
  CHECK(store->list("raw/t/0/", "", kTime).value().empty());
  for (const char* name : {"2-3", "0-1", "4-5"}) REQUIRE(store->put(std::string("raw/t/0/") + name, name, kTime).ok());
  CHECK(store->list("raw/t/0/", "", kTime).value() == Names{"0-1", "2-3", "4-5"});
  CHECK(store->list("raw/t/0/", "2-3", kTime).value() == Names{"4-5"});
  CHECK(store->list("raw/t/0/", "4-5", kTime).value().empty());
  CHECK(root.get("raw/t/0/2-3") == "2-3");
  REQUIRE(store->put("raw/t/0/2-3", "again", kTime).ok());
  CHECK(root.get("raw/t/0/2-3") == "again");
  REQUIRE(store->put("raw/t/0/empty", "", kTime).ok());
  CHECK(std::distance(fs::directory_iterator(root.path() / "raw/t/0"), {}) == 4);  // nothing hidden is left
}

TEST_CASE("what a worker that died left is removed and nothing else") {
  const TemporaryFolder root;
  root.put("t/0/.0-1.ndjson.w-1.unfinished", "half");
  root.put("t/0/.keep", "");
  const auto store = make_file_store(root.path().string(), "w-0");
  CHECK(store->list("t/0/", "", kTime).value().empty());
  CHECK_FALSE(fs::exists(root.path() / "t/0/.0-1.ndjson.w-1.unfinished"));
  CHECK(fs::exists(root.path() / "t/0/.keep"));
}

TEST_CASE("what another worker is writing is neither shown nor written to") {
  const TemporaryFolder root;
  root.put("t/0/.0-1.w-1.unfinished", "half");
  const auto store = make_file_store(root.path().string(), "w-0");
  REQUIRE(store->put("t/0/0-1", "whole", kTime).ok());
  CHECK(root.get("t/0/0-1") == "whole");
  CHECK(root.get("t/0/.0-1.w-1.unfinished") == "half");
}

TEST_CASE("a volume that refuses is waited for with the remedy") {
  const TemporaryFolder root;
  const auto problem = [](const Result<void>& done) {
    REQUIRE_FALSE(done.ok());
    CHECK(done.error().reason == "Waiting");
    return done.error().message;
  };
  const auto missing = make_file_store(root.path().string() + "/nowhere", "w-0");
  CHECK(problem(missing->open()).find("No such file or directory; make the folder") != std::string::npos);
  CHECK_FALSE(missing->list("t/0/", "", kTime).ok());

  const auto store = make_file_store(root.path().string(), "w-0");
  root.put("file", "");
  CHECK(problem(store->put("file/0/a", "", kTime)) ==
        "Volume: file/0: Not a directory; make the folder, or correct file.path");

  if (::geteuid() != 0) {  // who may do everything is refused nothing
    fs::create_directories(root.path() / "shut");
    ::chmod((root.path() / "shut").c_str(), 0555);
    CHECK(problem(store->put("shut/a", "", kTime)).find("let user or group 65532 in") != std::string::npos);
  }
  if (fs::exists("/dev/full")) {
    // Its writes say that no space is left. The hidden name is what is written to.
    fs::create_symlink("/dev/full", root.path() / ".a.w-0.unfinished");
    CHECK(problem(store->put("a", "x", kTime)) ==
          "Volume: .a.w-0.unfinished: No space left on device; make the volume larger, or remove files");
    CHECK_FALSE(fs::is_symlink(root.path() / ".a.w-0.unfinished"));
  }
}
