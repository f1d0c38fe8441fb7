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
}

TEST_CASE("infer: objects become paths - lists JSON") {
  CHECK(
      to_yaml(infer_from("{\"a\":{\"b\":{\"c\":1},\"d\":[1]},\"x y\":\"z\"}\n{\"a\":{\"b\":null},\"x y\":\"w\"}\n")) ==
      "format: json\nfields:\n"
      "  - {name: a_b_c, type: BIGINT, path: \"a.b.c\"}\n"
      "  - {name: a_d, type: JSON, path: \"a.d\"}\n"
      "  - {name: x_y, type: VARCHAR, required: true, path: \"x y\"}\n");
  CHECK(type_of("[1]", "[2]") == "JSON");
  CHECK(type_of("{\"b\":1}", "null") == "BIGINT");
  CHECK(infer_from("{\"a\":{\"b\":1}}\n{\"a\":7}\n").fields == std::vector<crds::Field>{{"a", "JSON", false}});
  CHECK(infer_from("{\"a\":{},\"b.c\":1,\"d\":{\"e\":1},\"d_e\":2}\n").left_out ==
        std::vector<std::string>{"b.c: no path can name it", "d_e: another field is named d_e"});
}
