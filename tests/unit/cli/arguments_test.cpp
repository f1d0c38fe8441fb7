#include "cli/arguments.h"

#include <doctest/doctest.h>

using namespace tidegate::cli;

TEST_CASE("options are accepted before and after the command and in every spelling") {
  const auto a = parse_arguments({"-n", "shop", "status", "fraud", "--output=json", "--operator", "ops/tide"});
  REQUIRE(a.ok());
  CHECK(a->command == "status");
  CHECK(a->positional == std::vector<std::string>{"fraud"});
  CHECK(a->get("namespace") == "shop");
  CHECK(a->get("output") == "json");
  CHECK(a->get("operator") == "ops/tide");
  CHECK(a->get("context", "none") == "none");
}

TEST_CASE("a single dash is a word so that it can name standard input") {
  const auto a = parse_arguments({"validate", "-f", "-"});
  REQUIRE(a.ok());
  CHECK(a->get("filename") == "-");
}

TEST_CASE("flags take no value") {
  const auto a = parse_arguments({"problems", "-A", "status", "--watch", "x"});
  REQUIRE(a.ok());
  CHECK(a->has("all-namespaces"));
  CHECK(a->has("watch"));
  CHECK(a->positional == std::vector<std::string>{"status", "x"});
}

TEST_CASE("unknown options and missing values are named") {
  CHECK(parse_arguments({"status", "--frobnicate"}).error().message == "unknown option --frobnicate");
  CHECK(parse_arguments({"status", "-x"}).error().message == "unknown option -x");
  CHECK(parse_arguments({"status", "-n"}).error().message == "-n needs a value");
}
