#include "worker/stage/shares.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace tidegate::stage;
using std::chrono::microseconds;

namespace {

// `counts[p]` records of partition p, the first at offset 100, handed out as the first of their partition.
std::vector<kafka::Record> records(const std::vector<int>& counts) {
  std::vector<kafka::Record> records;
  for (std::size_t p = 0; p < counts.size(); ++p) {
    for (int i = 0; i < counts[p]; ++i) {
      kafka::Record& record = records.emplace_back();
      record.partition = static_cast<int>(p);
      record.offset = 100 + i;
      record.number = 1 + i;
      record.timestamp_ms = 1000 + i;
    }
  }
  return records;
}

}  // namespace

TEST_CASE("each partition gets what its records came to") {
  const auto batch = records({6, 3, 1});
  const std::vector<Rejection> rejections{{1, "WrongType", "", "n: expected BIGINT, found text"},
                                          {5, "Malformed", "", "not JSON"},
                                          {8, "Rejected", "", "SQLSTATE 23505"}};
  const auto entries = share_out({batch, rejections, {7, 7, {5, 0}, true}, microseconds(1000), microseconds(501)});
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].second.position == 106);
  CHECK(entries[0].second.seen == 6);
  CHECK(entries[0].second.accounts.took == 4);
  CHECK(entries[0].second.accounts.out == 4);
  CHECK(entries[0].second.accounts.reasons.at("WrongType") == 1);
  CHECK(entries[0].second.accounts.last_error == "not JSON");
  CHECK(entries[1].first == 1);
  CHECK(entries[1].second.position == 103);
  CHECK(entries[1].second.accounts.took == 2);
  CHECK(entries[1].second.accounts.last_error == "SQLSTATE 23505");
  CHECK(entries[2].second.accounts.gave == 1);
  Accounts sum;
  for (const auto& entry : entries) sum.add(entry.second.accounts);
  CHECK(sum.in == 10);
  CHECK(sum.nulls == std::vector<std::int64_t>{5, 0});
  CHECK(sum.busy_us == 1000);
  CHECK(sum.wait_us == 501);
}

TEST_CASE("what a step lost is missing from the sum") {
  const auto batch = records({5, 5});
  const auto entries = share_out({batch, {}, {9, 8, {}, true}, {}, {}});
  Accounts sum;
  for (const auto& entry : entries) sum.add(entry.second.accounts);
  CHECK(sum.in - sum.took == 1);
  CHECK(sum.out - sum.gave == 2);
}

TEST_CASE("a processor's rows are counted by the engine and written when acknowledged") {
  const auto batch = records({10});
  const auto entries = share_out({batch, {}, {10, 25, {}, false}, {}, {}});
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].second.accounts.took == 10);
  CHECK(entries[0].second.accounts.gave == 25);
  CHECK(entries[0].second.accounts.out == 0);
}

TEST_CASE("a few timestamps stand for all records and none for records without one") {
  auto batch = records({1000, 2});
  auto entries = share_out({batch, {}, {1002, 1002, {}, true}, {}, {}});
  CHECK(entries[0].second.samples.size() <= 8);
  std::int64_t sampled = 0;
  for (const auto& sample : entries[0].second.samples) sampled += sample.records;
  CHECK(sampled == 1000);
  CHECK(entries[0].second.samples.front().timestamp_ms < 1250);
  CHECK(entries[0].second.samples.back().timestamp_ms > 1750);
  CHECK(entries[1].second.samples.size() == 2);
  for (kafka::Record& record : batch) record.timestamp_ms = -1;
  CHECK(share_out({batch, {}, {1002, 1002, {}, true}, {}, {}})[0].second.samples.empty());
}
