#include "common/base/text.h"

#include <doctest/doctest.h>

using namespace tidegate;

TEST_CASE("split and join are inverse") {
  CHECK(split("a,b,,c", ',') == std::vector<std::string>{"a", "b", "", "c"});
  CHECK(split("", ',') == std::vector<std::string>{""});
  CHECK(join({"a", "b"}, ", ") == "a, b");
}

TEST_CASE("trim takes blanks off both ends") {
  CHECK(trim(" \t a b\r\n") == "a b");
  CHECK(trim(" \n").empty());
}

TEST_CASE("SHA-256 of the standard vector") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("text is cut on a UTF-8 boundary") {
  CHECK(truncate_utf8("héllo", 2) == "h");
  CHECK(truncate_utf8("héllo", 3) == "hé");
  CHECK(truncate_utf8("abc", 5) == "abc");
}
