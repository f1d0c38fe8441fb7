#include "worker/objects/open_objects.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace tidegate::objects;

namespace {

const SteadyTime begin{std::chrono::hours(1)};

Limits limits(std::size_t records, std::size_t bytes = 1000) {
  return {records, bytes, Duration{60'000}};
}

}  // namespace

TEST_CASE("an object is closed at its number of records") {
  OpenObjects open(limits(2));
  open.add(10, 5, "{}", begin);
  CHECK(open.due(begin) == nullptr);
  open.add(14, 6, "{\"a\":1}", begin);  // offsets have gaps
  open.add(15, 7, "{}", begin);
  const Object* object = open.due(begin);
  REQUIRE(object != nullptr);
  CHECK(object->range == Range{10, 14});
  CHECK(object->records == 2);
  CHECK(object->lines == "{}\n{\"a\":1}\n");
  CHECK(open.first_offset() == 10);
  open.drop_first();
  CHECK(open.first_offset() == 15);
  CHECK(open.due(begin) == nullptr);
}

TEST_CASE("an object is closed before it gets too large") {
  OpenObjects open(limits(100, 10));
  open.add(1, 5, "12345", begin);
  open.add(2, 5, "1234", begin);  // 11 bytes with both line ends
  REQUIRE(open.due(begin) != nullptr);
  CHECK(open.due(begin)->range == Range{1, 1});
  CHECK(open.bytes() == 11);
}

TEST_CASE("a record larger than an object has one of its own") {
  OpenObjects open(limits(100, 4));
  open.add(1, 5, "123456", begin);
  open.add(2, 5, "1", begin);
  REQUIRE(open.due(begin) != nullptr);
  CHECK(open.due(begin)->lines == "123456\n");
}

TEST_CASE("an object is closed when its first record has waited for long enough and then stays as it is") {
  OpenObjects open(limits(100));
  open.add(1, 5, "a", begin);
  open.add(2, 5, "b", begin + Duration{59'000});
  CHECK(open.due(begin + Duration{59'999}) == nullptr);
  REQUIRE(open.due(begin + Duration{60'000}) != nullptr);
  open.add(3, 5, "c", begin + Duration{60'000});  // the store was away: a later try must not have another name
  CHECK(open.due(begin + Duration{60'001})->range == Range{1, 2});
}

TEST_CASE("closing makes everything due") {
  OpenObjects open(limits(100));
  CHECK(open.empty());
  open.close();
  CHECK(open.due(begin) == nullptr);
  open.add(1, 5, "a", begin);
  open.close();
  REQUIRE(open.due(begin) != nullptr);
  open.drop_first();
  CHECK(open.empty());
  CHECK_FALSE(open.first_offset());
}

TEST_CASE("line ends within a record become blanks") {
  OpenObjects open(limits(1));
  open.add(1, 5, "{\n\"a\":\r\n1}", begin);
  CHECK(open.due(begin)->lines == "{ \"a\":  1}\n");
}

TEST_CASE("what stands beside values outlives the batch it came in") {
  OpenObjects open(limits(10));
  {
    std::string key = "a key that is too long to be stored in the string itself";
    codec::Metadata metadata;
    metadata.key = key;
    metadata.offset = 1;
    open.add(1, 5, "a", begin, &metadata);
    std::fill(key.begin(), key.end(), 'x');
  }
  open.close();
  const Object* object = open.due(begin);
  REQUIRE(object->metadata.size() == 1);
  CHECK(object->metadata[0].key == "a key that is too long to be stored in the string itself");
}

TEST_CASE("ages of records are told by samples that add up") {
  OpenObjects open(limits(5000, 1 << 20));
  for (int n = 0; n < 2500; ++n) open.add(n, 100 + n, "a", begin);
  open.close();
  std::int64_t sum = 0;
  for (const Object::Sample& sample : open.due(begin)->samples) sum += sample.records;
  CHECK(sum == 2500);
  CHECK(open.due(begin)->samples.size() == 3);
}
