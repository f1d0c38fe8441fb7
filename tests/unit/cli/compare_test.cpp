#include "cli/compare.h"

#include <doctest/doctest.h>

using namespace tidegate::cli;

using Rows = std::vector<std::string>;

TEST_CASE("compare: order does not matter but number does") {
  CHECK(compare({"{\"a\":1}", "{\"a\":2}", "{\"a\":2}"}, {"{\"a\":2}", "{\"a\":1}", "{\"a\":2}"}).none());
  const Difference once = compare({"{\"a\":2}", "{\"a\":2}"}, {"{\"a\":2}"});
  CHECK(once.missing == Rows{"{\"a\":2}"});
  CHECK(once.unexpected.empty());
  CHECK(compare({}, {"{\"a\":2}"}).unexpected == Rows{"{\"a\":2}"});
}

TEST_CASE("compare: doubles may differ in the last digits and nothing else may") {
  CHECK(compare({"{\"a\":0.30000000000000004,\"b\":\"x\"}"}, {"{\"a\":0.3,\"b\":\"x\"}"}).none());
  CHECK_FALSE(compare({"{\"a\":0.3}"}, {"{\"a\":0.30001}"}).none());
  CHECK_FALSE(compare({"{\"a\":10000000000001}"}, {"{\"a\":10000000000002}"}).none());
  CHECK_FALSE(compare({"{\"a\":\"1.0\"}"}, {"{\"a\":\"1.00\"}"}).none());
  CHECK_FALSE(compare({"{\"a\":0.3}"}, {"{\"b\":0.3}"}).none());
}

TEST_CASE("compare: lines that are no JSON are equal only to themselves") {
  CHECK(compare({"not json"}, {"not json"}).none());
  const Difference other = compare({"not json"}, {"not  json"});
  CHECK(other.missing == Rows{"not json"});
  CHECK(other.unexpected == Rows{"not  json"});
}
