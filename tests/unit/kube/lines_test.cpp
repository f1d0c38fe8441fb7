#include <doctest/doctest.h>

#include "operator/kube/client.h"

using namespace tidegate;
using namespace tidegate::kube;

TEST_CASE("lines: every way to cut a stream gives the same lines") {
  const std::string stream = "{\"a\":\"\xC3\xA9\"}\n{}\n\n{\"b\":2}\n";
  const std::vector<std::string> expected = {"{\"a\":\"\xC3\xA9\"}", "{}", "{\"b\":2}"};
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      LineSplitter lines(100);
      std::vector<std::string> got;
      const auto on_line = [&](std::string_view line) {
        got.emplace_back(line);
        return true;
      };
      for (const auto& piece : {stream.substr(0, first), stream.substr(first, second - first), stream.substr(second)}) {
        REQUIRE(lines.feed(piece, on_line).ok());
      }
      CHECK(got == expected);
      CHECK_FALSE(lines.pending());
    }
  }
}

TEST_CASE("lines: a fragment is pending - a long line is refused - the reader may stop") {
  LineSplitter lines(10);
  int count = 0;
  const auto one = [&](std::string_view) { return ++count < 1; };
  CHECK(lines.feed("half", one).value());
  CHECK(lines.pending());
  CHECK_FALSE(lines.feed("\nsecond\n", one).value());
  CHECK(count == 1);
  LineSplitter narrow(10);
  CHECK(narrow.feed("12345678901", one).error().reason == "TooLarge");
}
