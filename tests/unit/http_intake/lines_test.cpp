#include "worker/sources/lines.h"

#include <doctest/doctest.h>

#include <string>

using tidegate::sources::Lines;

namespace {

std::string all(std::string_view body, bool single = false) {
  std::string out;
  Lines lines(body, single);
  while (const auto line = lines.next()) out += std::to_string(line->number) + "[" + std::string(line->text) + "]";
  return out;
}

}  // namespace

TEST_CASE("lines: both line ends and a last line without one") {
  CHECK(all("a\nb\r\nc") == "1[a]2[b]3[c]");
  CHECK(all("a\n") == "1[a]");
}

TEST_CASE("lines: blank lines are skipped but counted") {
  CHECK(all("\n \t\r\n\r\na\n\n\nb\n") == "4[a]7[b]");
}

TEST_CASE("lines: an empty body has none") {
  CHECK(all("").empty());
  CHECK(all("\n\n").empty());
  CHECK(all("\n \n", true).empty());
}

TEST_CASE("lines: blanks within a line stay") {
  CHECK(all("  {\"a\": 1} \t\n") == "1[  {\"a\": 1} \t]");
}

TEST_CASE("lines: a single object keeps its line breaks") {
  CHECK(all("{\n \"a\": 1\n}\n", true) == "1[{\n \"a\": 1\n}\n]");
}
