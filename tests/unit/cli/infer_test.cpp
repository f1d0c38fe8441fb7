#include "cli/infer.h"

#include <doctest/doctest.h>

#include <sstream>

using namespace tidegate;
using namespace tidegate::cli;

namespace {

Inferred infer_from(const std::string& lines) {
  std::istringstream in(lines);
  return infer(in);
}

std::string type_of(const std::string& first, const std::string& second) {
  const Inferred inferred = infer_from("{\"a\":" + first + "}\n{\"a\":" + second + "}\n");
  return inferred.fields.empty() ? inferred.left_out.at(0) : inferred.fields[0].type;
}

}  // namespace

TEST_CASE("infer: the narrowest type that holds all values") {
  CHECK(type_of("1", "2") == "BIGINT");
  CHECK(type_of("1", "2.5") == "DOUBLE");
  CHECK(type_of("true", "false") == "BOOLEAN");
  CHECK(type_of("\"x\"", "null") == "VARCHAR");
  CHECK(type_of("\"2013-01-31\"", "\"2013-02-01\"") == "DATE");
  CHECK(type_of("\"2013-01-31T05:00:00Z\"", "null") == "TIMESTAMP");
  CHECK(type_of("\"2013-01-31\"", "\"soon\"") == "VARCHAR");
}

TEST_CASE("infer: what no type holds is left out with the reason") {
  CHECK(type_of("{\"b\":1}", "null") == "a: nested");
  CHECK(type_of("[1]", "[2]") == "a: nested");
  CHECK(type_of("1", "\"x\"") == "a: text and other types");
  CHECK(type_of("1", "true") == "a: text and other types");
}

TEST_CASE("infer: required is what every record has") {
  const Inferred inferred = infer_from("{\"a\":1,\"b\":1}\n\nnonsense\n{\"a\":2,\"b\":null}\n{\"a\":3}\n");
  CHECK(inferred.records == 3);
  CHECK(inferred.unreadable == 1);
  CHECK(to_yaml(inferred) ==
        "format: json\nfields:\n  - {name: a, type: BIGINT, required: true}\n  - {name: b, type: BIGINT}\n");
}

TEST_CASE("infer: names that YAML would take for something else are quoted") {
  CHECK(to_yaml(infer_from("{\"n\":1}\n")).find("{name: \"n\", type") != std::string::npos);
  CHECK(to_yaml(infer_from("{\"a b\":1}\n")).find("{name: \"a b\", type") != std::string::npos);
}
