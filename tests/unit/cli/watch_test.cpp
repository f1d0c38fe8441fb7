#include "cli/watch.h"

#include <doctest/doctest.h>

using namespace tidegate::cli;

TEST_CASE("a terminal is redrawn line by line and what was below is cleared") {
  CHECK(redrawn("a\nb\n") == "\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J");
}

TEST_CASE("a terminal shows every frame and keeps the last one when the watch ends") {
  Screen screen(true);
  CHECK(screen.end().empty());  // nothing to give back
  CHECK(screen.show("one\n", "x").find("one") != std::string::npos);
  CHECK(screen.show("two\n", "x").find("two") != std::string::npos);
  const std::string end = screen.end();
  CHECK(end.substr(end.size() - 4) == "two\n");
  CHECK(end.find("\x1b[?1049l") != std::string::npos);
}

TEST_CASE("a file gets only what changed and no escape sequences") {
  Screen screen(false);
  CHECK(screen.show("1 s ago: fine\n", "fine") == "1 s ago: fine\n");
  CHECK(screen.show("3 s ago: fine\n", "fine").empty());
  CHECK(screen.show("1 s ago: broken\n", "broken") == "1 s ago: broken\n");
  CHECK(screen.end().empty());
}
