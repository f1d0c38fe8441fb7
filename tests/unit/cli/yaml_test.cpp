#include "cli/yaml.h"

#include <doctest/doctest.h>

using namespace tidegate;
using cli::parse_yaml;

TEST_CASE("plain scalars have types and quoted ones are strings") {
  const auto documents =
      parse_yaml("{a: 12, b: \"12\", c: true, d: 'true', e: 1.5, f: ~, g: 2Gi, h: -3, i: 1e3, j: '', k: '5', l: e1}");
  REQUIRE(documents.ok());
  REQUIRE(documents->size() == 1);
  const Json& v = documents->front();
  CHECK(v.get("a") == Json(12));
  CHECK(v.get("b") == Json("12"));
  CHECK(v.get("c") == Json(true));
  CHECK(v.get("d") == Json("true"));
  CHECK(v.get("e") == Json(1.5));
  CHECK(v.get("f").is_null());
  CHECK(v.get("g") == Json("2Gi"));
  CHECK(v.get("h") == Json(-3));
  CHECK(v.get("i") == Json(1000.0));
  CHECK(v.get("j") == Json(""));
  CHECK(v.get("k") == Json("5"));
  CHECK(v.get("l") == Json("e1"));
}

TEST_CASE("all documents of a file are read and empty ones left out") {
  const auto documents = parse_yaml("# a comment\n---\na: 1\n---\n---\nb: [1, {c: x}]\n");
  REQUIRE(documents.ok());
  REQUIRE(documents->size() == 2);
  CHECK((*documents)[1].at("b/1/c").as_string() == "x");
}

TEST_CASE("broken YAML is refused with its place") {
  const auto documents = parse_yaml("a: 1\nb: [1, 2\nc: 3\n");
  REQUIRE_FALSE(documents.ok());
  CHECK(documents.error().reason == "InvalidYaml");
  CHECK(documents.error().message.find("line ") == 0);
}
