#include "kafka/murmur2.h"

#include <doctest/doctest.h>

#include <string>

using namespace tidegate::kafka;

// The expected values are those of org.apache.kafka.common.utils.UtilsTest.testMurmur2.
TEST_CASE("murmur2 agrees with the Java client") {
  const auto java = [](std::string_view text) { return static_cast<std::int32_t>(murmur2(text)); };
  CHECK(java("21") == -973932308);
  CHECK(java("foobar") == -790332482);
  CHECK(java("a-little-bit-long-string") == -985981536);
  CHECK(java("a-little-bit-longer-string") == -1486304829);
  CHECK(java("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8") == -58897971);
  CHECK(java("abc") == 479470107);
}

TEST_CASE("a key keeps its partition and negative hashes are made positive the Java way") {
  // toPositive(-790332482) = -790332482 & 0x7fffffff = 1357151166
  CHECK(partition_of_key("foobar", 1000000) == 151166);
  CHECK(partition_of_key("abc", 10) == 7);
  for (int i = 0; i < 1000; ++i) {
    const int partition = partition_of_key("key-" + std::to_string(i), 7);
    CHECK(partition >= 0);
    CHECK(partition < 7);
  }
}

TEST_CASE("the empty key and bytes above 127 hash without sign trouble") {
  CHECK(murmur2("") == 275646681);
  CHECK(partition_of_key("\xff\xfe\xfd\xfc\xfb", 4) == partition_of_key("\xff\xfe\xfd\xfc\xfb", 4));
  CHECK(murmur2("\xff") != murmur2("\x7f"));
}
