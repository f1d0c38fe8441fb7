#include "worker/objects/object_name.h"

#include <doctest/doctest.h>

using namespace tidegate::objects;

TEST_CASE("names of objects sort as their offsets do") {
  CHECK(object_name({9, 10}, "id", "ndjson") < object_name({11, 200}, "id", "ndjson"));
  CHECK(object_name({99, 100}, "id", "ndjson") < object_name({1000, 1000}, "id", "ndjson"));
  CHECK(object_name({100, 199}, "id", "ndjson").starts_with("0000000000000000100-0000000000000000199-"));
  CHECK(object_name({100, 199}, "id", "ndjson").ends_with(".ndjson"));
  CHECK(object_name({99, 99}, "id", "x") < name_before(100));
  CHECK(object_name({100, 100}, "id", "x") > name_before(100));
}

TEST_CASE("a name tells the range of its object whatever the format") {
  CHECK(range_of(object_name({7, 12}, "id", "ndjson.gz"), "id") == Range{7, 12});
  CHECK(range_of(object_name({0, 9223372036854775807}, "id", "parquet"), "id") == Range{0, 9223372036854775807});
}

TEST_CASE("other names are nobody's range") {
  const std::string name = object_name({7, 12}, "id", "ndjson");
  CHECK_FALSE(range_of(name, "the topic made anew"));
  CHECK_FALSE(range_of("", "id"));
  CHECK_FALSE(range_of("readme.txt", "id"));
  CHECK_FALSE(range_of(name.substr(1), "id"));
  CHECK_FALSE(range_of(name.substr(0, name.find('.')), "id"));
  CHECK_FALSE(range_of("x" + name.substr(1), "id"));
  CHECK_FALSE(range_of(object_name({12, 7}, "id", "ndjson"), "id"));
}

TEST_CASE("a partition has a folder of its own") {
  CHECK(folder_of("", "payments", 3) == "payments/3/");
  CHECK(folder_of("lake/raw", "payments", 0) == "lake/raw/payments/0/");
  CHECK(folder_of("lake/", "payments", 12) == "lake/payments/12/");
}
