#include "worker/files/file_lines.h"

#include <doctest/doctest.h>

#include <vector>

#include "common/base/text.h"
#include "tests/unit/files/temporary_folder.h"

using namespace tidegate;
using namespace tidegate::files;

namespace {

FileLines open(const std::string& path, const Place& place = {}, bool quoted = false) {
  auto lines = FileLines::open(path, "f", place, quoted);
  REQUIRE(lines.ok());
  return *std::move(lines);
}

// "number:text", each.
std::vector<std::string> rest_of(FileLines lines) {
  std::vector<std::string> found;
  for (;;) {
    const auto line = lines.next();
    REQUIRE(line.ok());
    if (!*line) return found;
    found.push_back(cat(std::to_string((*line)->number), ":", (*line)->text));
  }
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("lines have the numbers that an editor shows") {
  const TemporaryFolder folder;
  CHECK(rest_of(open(folder.put("a",
                                "\xEF\xBB\xBF"
                                "one\r\n\n \t\nfour\nfive"))) == Texts{"1:one", "4:four", "5:five"});
  CHECK(rest_of(open(folder.put("b", "one\n"))) == Texts{"1:one"});
  CHECK(rest_of(open(folder.put("c", ""))).empty());
  CHECK(rest_of(open(folder.put("d", "\n\n"))).empty());
}

TEST_CASE("reading goes on at any place") {
  const TemporaryFolder folder;
  std::string text;
  for (int n = 1; n <= 100'000; ++n) text += cat("line ", std::to_string(n), n % 3 == 0 ? "\r\n" : "\n");
  const std::string path = folder.put("a", text);
  Place place;
  for (int n = 1; n <= 100'000; n += 9'973) {
    FileLines lines = open(path, place);
    for (int i = n; i < n + 9'973 && i <= 100'000; ++i) {
      const auto line = lines.next();
      REQUIRE(line.ok());
      REQUIRE(line->has_value());
      REQUIRE((*line)->number == i);
      REQUIRE((*line)->text == cat("line ", std::to_string(i)));
    }
    place = lines.place();
  }
  FileLines lines = open(path, place);
  CHECK(lines.at_end().value());
  CHECK_FALSE(lines.next().value());
}

TEST_CASE("of a line that is too long a part is kept and its size") {
  const TemporaryFolder folder;
  const std::size_t bytes = 3 * FileLines::kMostKept + 5;
  FileLines lines = open(folder.put("a", cat("first\n", std::string(bytes, 'x'), "\nlast\n")));
  CHECK(lines.next().value()->text == "first");
  const auto line = lines.next();
  CHECK((*line)->text == std::string(FileLines::kMostKept, 'x'));
  CHECK((*line)->bytes == bytes);
  CHECK((*line)->number == 2);
  CHECK(lines.next().value()->text == "last");
  CHECK(lines.at_end().value());
}

TEST_CASE("line ends in quotes belong to the record") {
  const TemporaryFolder folder;
  const std::string path = folder.put("a", "a,\"x\ny\"\"\n\"\nb,c\n\"d\n");
  CHECK(rest_of(open(path, {}, true)) == Texts{"1:a,\"x\ny\"\"\n\"", "4:b,c", "5:\"d"});
  CHECK(rest_of(open(path, {}, false)) == Texts{"1:a,\"x", "2:y\"\"", "3:\"", "4:b,c", "5:\"d"});
}

TEST_CASE("a quote that is never closed does not take the lines behind it along") {
  const TemporaryFolder folder;
  std::string text = "12\" pipe,1\n";
  for (int n = 0; n < 200'000; ++n) text += "pipe,2,3,4\n";
  FileLines lines = open(folder.put("a", text), {}, true);
  CHECK(lines.next().value()->text == "12\" pipe,1");
  const auto second = lines.next();
  CHECK((*second)->text == "pipe,2,3,4");
  CHECK((*second)->number == 2);
}

TEST_CASE("a file that is not there is waited for") {
  const auto lines = FileLines::open("/nowhere/a", "in/a", {}, false);
  REQUIRE_FALSE(lines.ok());
  CHECK(lines.error().reason == "Waiting");
  CHECK(lines.error().message == "Volume: in/a: No such file or directory; make the folder, or correct file.path");
}
