// Record batches of the log, byte by byte (Kafka protocol, "Record Batch").
#include "kafka/record_set.h"

#include <doctest/doctest.h>

#include <string>

using namespace tidegate;
using namespace tidegate::kafka;

namespace {

std::string varint(std::int64_t value) {
  std::string out;
  auto rest = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  for (; rest >= 0x80; rest >>= 7) out += static_cast<char>(rest | 0x80);
  return out + static_cast<char>(rest);
}

std::string bytes(const std::optional<std::string>& text) {
  return text ? varint(static_cast<std::int64_t>(text->size())) + *text : varint(-1);
}

std::string record(std::int64_t time, std::int64_t offset, const std::optional<std::string>& key,
                   const std::optional<std::string>& value, const std::vector<Header>& headers = {}) {
  std::string body = std::string(1, '\0') + varint(time) + varint(offset) + bytes(key) + bytes(value) +
                     varint(static_cast<std::int64_t>(headers.size()));
  for (const Header& header : headers) body += bytes(header.name) + bytes(header.value);
  return varint(static_cast<std::int64_t>(body.size())) + body;
}

}  // namespace

TEST_CASE("records have what the log says") {
  const std::string long_value(70'000, 'v');
  const std::string log = record(0, 0, "k", "value") + record(-5, 3, std::nullopt, "") +
                          record(1'000'000, 4, "", std::nullopt) + record(1, 200, "key", long_value);
  RecordSet set(log, 1'000'000'000'000, 1'800'000'000'000, false);
  std::vector<Record> records;
  while (!set.done()) REQUIRE(set.next(records.emplace_back()).ok());
  REQUIRE(records.size() == 4);
  CHECK(records[0].key == "k");
  CHECK(records[0].value == "value");
  CHECK(records[0].offset == 1'000'000'000'000);
  CHECK(records[0].timestamp_ms == 1'800'000'000'000);
  CHECK_FALSE(records[1].key.has_value());
  CHECK(records[1].value == "");
  CHECK(records[1].offset == 1'000'000'000'003);
  CHECK(records[1].timestamp_ms == 1'799'999'999'995);
  CHECK(records[2].key == "");
  CHECK_FALSE(records[2].value.has_value());
  CHECK(records[2].timestamp_ms == 1'800'001'000'000);
  CHECK(records[3].value == long_value);
  CHECK(records[3].offset == 1'000'000'000'200);
}

TEST_CASE("where the broker sets the time it is the same for all records") {
  const std::string log = record(0, 0, "a", "1") + record(70, 1, "a", "2");
  RecordSet set(log, 0, 500, true);
  Record one, two;
  REQUIRE(set.next(one).ok());
  REQUIRE(set.next(two).ok());
  CHECK(one.timestamp_ms == 500);
  CHECK(two.timestamp_ms == 500);
}

TEST_CASE("headers are read when they are asked for") {
  const std::string log = record(0, 0, "k", "v", {{"trace", "abc"}, {"empty", ""}, {"none", std::nullopt}});
  RecordSet set(log, 0, 0, false);
  Record one;
  REQUIRE(set.next(one).ok());
  const std::vector<Header> found = headers(one);
  REQUIRE(found.size() == 3);
  CHECK(found[0].name == "trace");
  CHECK(found[0].value == "abc");
  CHECK(found[1].value == "");
  CHECK_FALSE(found[2].value.has_value());
  CHECK(headers(Record{}).empty());
}

TEST_CASE("bytes that are no records are told and never left") {
  const std::string log = record(7, 0, "key", "value", {{"a", "b"}}) + record(8, 1, "key", "value");
  for (std::size_t length = 0; length < log.size(); ++length) {
    const std::string cut(log.data(), length);  // of its own, so that a sanitizer sees a step too far
    RecordSet set(cut, 0, 0, false);
    Record read;
    Result<void> last;
    while (!set.done() && last.ok()) last = set.next(read);
    const bool at_a_border = length == 0 || length == record(7, 0, "key", "value", {{"a", "b"}}).size();
    CHECK(last.ok() == at_a_border);
    if (!last.ok()) CHECK(last.error().reason == "CorruptLog");
  }
  for (std::size_t at = 0; at < log.size(); ++at) {
    for (const int flipped : {0x01, 0x40, 0x80, 0xff}) {
      std::string broken = log;
      broken[at] = static_cast<char>(broken[at] ^ flipped);
      RecordSet set(broken, 0, 0, false);
      Record read;
      for (int n = 0; !set.done() && set.next(read).ok(); ++n) {
        REQUIRE(n < 100);
        static_cast<void>(headers(read));
      }
    }
  }
}
