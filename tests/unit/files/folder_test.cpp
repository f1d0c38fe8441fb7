#include "worker/files/folder.h"

#include <doctest/doctest.h>

#include "tests/unit/files/temporary_folder.h"

using namespace tidegate;
using namespace tidegate::files;

namespace {

struct Watched {
  Watched() {
    clock.steady = [this] { return now; };
  }
  Folder open(const std::string& path) { return Folder(root.path().string(), path, clock); }

  TemporaryFolder root;
  SteadyTime now{std::chrono::hours(1)};
  Clock clock = Clock::real();
};

}  // namespace

TEST_CASE("the next file is the first one that matches and sorts behind") {
  Watched watched;
  for (const char* name : {"in/b.csv", "in/a.csv", "in/.c.csv", "in/d.txt", "in/e.csv/inner.csv", "f.csv"}) {
    watched.root.put(name, "");
  }
  Folder folder = watched.open("in/*.csv");
  CHECK(folder.after("").value() == "a.csv");
  CHECK(folder.after("a.csv").value() == "b.csv");
  CHECK_FALSE(folder.after("b.csv").value());
  CHECK(folder.has("a.csv").value());
  CHECK_FALSE(folder.has("d.txt").value());
  CHECK(folder.waiting("") == 2);
  CHECK(folder.shown("a.csv") == "in/a.csv");
  CHECK(folder.path_of("a.csv") == (watched.root.path() / "in/a.csv").string());
  CHECK(watched.open("?.csv").after("").value() == "f.csv");
  CHECK(watched.open("?.csv").folder().empty());
  CHECK(watched.open("in/b.csv").after("").value() == "b.csv");
}

TEST_CASE("new files are seen after a second and those that come too late are counted") {
  Watched watched;
  watched.root.put("in/b", "");
  Folder folder = watched.open("in/*");
  CHECK(folder.after("").value() == "b");
  watched.root.put("in/a", "");
  watched.root.put("in/c", "");
  CHECK_FALSE(folder.after("b").value());
  watched.now += Duration{1'000};
  CHECK(folder.after("b").value() == "c");
  CHECK(folder.late() == 1);
  CHECK(folder.waiting("b") == 1);
}

TEST_CASE("a folder that is missing is waited for") {
  Watched watched;
  Folder folder = watched.open("in/*");
  const auto next = folder.after("");
  REQUIRE_FALSE(next.ok());
  CHECK(next.error().reason == "Waiting");
  CHECK(next.error().message == "Volume: in/: No such file or directory; make the folder, or correct file.path");
  watched.root.put("in/a", "");
  CHECK(folder.after("").value() == "a");
}
