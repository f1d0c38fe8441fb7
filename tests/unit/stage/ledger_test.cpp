#include "worker/stage/ledger.h"

#include <doctest/doctest.h>

using namespace tidegate;
using stage::Ledger;

namespace {

kafka::StartPosition start(int partition, std::int64_t position) {
  kafka::StartPosition start;
  start.partition = partition;
  start.position = position;
  start.topic_id = "id";
  return start;
}

// `in` records up to `position`, of which nothing was lost: `out` rows written, `dead` rejected.
Ledger::Entry entry(std::int64_t position, std::int64_t in, std::int64_t out, std::int64_t dead,
                    std::shared_ptr<kafka::Delivery> rows = nullptr) {
  Ledger::Entry entry;
  entry.position = position;
  entry.accounts.in = in;
  entry.accounts.out = out;
  entry.accounts.dead_letters = dead;
  entry.rows = std::move(rows);
  return entry;
}

kafka::CommitMetadata only(const std::vector<kafka::Commit>& commits) {
  REQUIRE(commits.size() == 1);
  return kafka::CommitMetadata::decode(commits[0].metadata).value();
}

}  // namespace

TEST_CASE("a position is committable only when everything before it is acknowledged in order") {
  Ledger ledger;
  ledger.assign(start(0, 100));
  const auto first = kafka::Delivery::create();
  const auto second = kafka::Delivery::create();
  ledger.add(0, entry(110, 10, 7, 1, first));
  ledger.add(0, entry(120, 10, 5, 0, second));
  second->seal();  // acknowledged before the first
  CHECK(ledger.settle().accounts.in == 0);
  CHECK(ledger.commits(true, "", 0)[0].offset == 100);
  first->seal();
  const auto settled = ledger.settle();
  CHECK(settled.accounts.in == 20);
  CHECK(settled.accounts.out == 12);
  CHECK(ledger.under_way() == 0);
  const auto metadata = only(ledger.commits(true, "", 77));
  CHECK(metadata.position == 120);
  CHECK(metadata.records_in == 20);
  CHECK(metadata.records_out == 12);
  CHECK(metadata.dead_letters == 1);
  CHECK(metadata.at_ms == 77);
  CHECK(metadata.topic_id == "id");
}

TEST_CASE("counters go on from the committed metadata") {
  Ledger ledger;
  kafka::StartPosition from = start(0, 50);
  from.committed = kafka::CommitMetadata{};
  from.committed->records_in = 50;
  from.committed->records_out = 30;
  from.committed->dead_letters = 2;
  ledger.assign(from);
  ledger.add(0, entry(60, 10, 1, 1));
  CHECK_FALSE(ledger.settle().failed);
  const auto metadata = only(ledger.commits(true, "", 0));
  CHECK(metadata.records_in == 60);
  CHECK(metadata.records_out == 31);
  CHECK(metadata.dead_letters == 3);
}

TEST_CASE("the end of a log counts once what is under way before it is acknowledged") {
  Ledger ledger;
  ledger.assign(start(0, 10));
  ledger.reach(0, 12, 0);  // nothing under way: transaction markers only
  CHECK(ledger.commits(true, "", 0)[0].offset == 12);
  const auto delivery = kafka::Delivery::create();
  ledger.add(0, entry(20, 8, 8, 0, delivery));
  ledger.reach(0, 21, 0);
  ledger.reach(0, 5, 0);  // never backwards
  CHECK(ledger.commits(true, "", 0)[0].offset == 12);
  delivery->seal();
  CHECK(ledger.settle().accounts.in == 8);
  CHECK(ledger.commits(true, "", 0)[0].offset == 21);
}

TEST_CASE("only partitions that moved are committed between heartbeats") {
  Ledger ledger;
  ledger.assign(start(0, 0));
  ledger.assign(start(1, 0));
  CHECK(ledger.moved());  // a first position is committed even when nothing was read: `latest` must not move on
  ledger.accepted(ledger.commits(false, "", 0));
  CHECK_FALSE(ledger.moved());
  ledger.reach(1, 5, 0);
  CHECK(ledger.moved());
  const auto commits = ledger.commits(false, "", 0);
  REQUIRE(commits.size() == 1);
  CHECK(commits[0].partition == 1);
  CHECK(ledger.commits(true, "", 0).size() == 2);
}

TEST_CASE("a problem of the stage shows on every partition one of a partition there first") {
  Ledger ledger;
  kafka::StartPosition lost = start(0, 7);
  lost.problem = Error{"DataLost", "DataLost: 3 records"};
  ledger.assign(lost);
  ledger.assign(start(1, 0));
  const auto commits = ledger.commits(true, "PostgreSQL: connection refused", 0);
  REQUIRE(commits.size() == 2);
  CHECK(kafka::CommitMetadata::decode(commits[0].metadata)->problem == "DataLost: 3 records");
  CHECK(kafka::CommitMetadata::decode(commits[1].metadata)->problem == "PostgreSQL: connection refused");
  CHECK(commits[0].offset == 7);
  CHECK(ledger.problem() == "DataLost: 3 records");
  CHECK_FALSE(kafka::CommitMetadata::decode(ledger.commits(true, "", 0)[1].metadata)->waiting);
}

TEST_CASE("what is under way for a partition given up is forgotten") {
  Ledger ledger;
  ledger.assign(start(0, 0));
  const auto delivery = kafka::Delivery::create();
  ledger.add(0, entry(10, 10, 10, 0, delivery));
  CHECK(ledger.under_way({0}) == 1);
  ledger.revoke(0);
  delivery->seal();
  CHECK(ledger.settle().accounts.in == 0);
  CHECK(ledger.empty());
  ledger.add(0, entry(10, 10, 10, 0));
  CHECK(ledger.under_way() == 0);
}

TEST_CASE("busy time goes on from the committed metadata and moves with the position") {
  Ledger ledger(3);
  kafka::StartPosition from = start(0, 50);
  from.committed = kafka::CommitMetadata{};
  from.committed->busy_us = 1000;
  from.committed->wait_us = 400;
  ledger.assign(from);
  const auto delivery = kafka::Delivery::create();
  Ledger::Entry worked = entry(60, 10, 1, 0, delivery);
  worked.accounts.busy_us = 500;
  worked.accounts.wait_us = 100;
  ledger.add(0, worked);
  CHECK(only(ledger.commits(true, "", 0)).busy_us == 1000);
  delivery->seal();
  CHECK_FALSE(ledger.settle().failed);
  const auto metadata = only(ledger.commits(true, "", 0));
  CHECK(metadata.busy_us == 1500);
  CHECK(metadata.wait_us == 500);
  CHECK(metadata.by == 3);
}

TEST_CASE("accounts move with the position and go on from the committed metadata") {
  Ledger ledger;
  kafka::StartPosition from = start(0, 150);
  from.committed = kafka::CommitMetadata{};
  from.committed->records_in = 40;
  from.committed->dead_letters = 4;
  from.committed->seen_from = 110;
  from.committed->seen = 40;
  from.committed->took = 36;
  from.committed->gave = 20;
  from.committed->nulls = {{3, 0}};
  from.committed->dead_letters_by_reason = {{{"Malformed", 4}}};
  from.committed->last_error = "the record is empty";
  ledger.assign(from);
  const auto delivery = kafka::Delivery::create();
  Ledger::Entry worked = entry(160, 10, 6, 1, delivery);
  worked.seen = 10;
  worked.accounts.took = 9;
  worked.accounts.gave = 6;
  worked.accounts.nulls = {1, 2};
  worked.accounts.reasons["WrongType"] = 1;
  worked.accounts.last_error = "n: expected BIGINT, found text";
  ledger.add(0, worked);
  CHECK(ledger.records_under_way() == 10);
  CHECK(only(ledger.commits(true, "", 0)).seen == 40);  // not acknowledged yet
  delivery->seal();
  const auto settled = ledger.settle();
  CHECK(settled.seen == 10);
  CHECK(settled.accounts.took == 9);
  CHECK(ledger.records_under_way() == 0);
  const auto metadata = only(ledger.commits(true, "", 0));
  CHECK(metadata.seen_from == 110);
  CHECK(metadata.seen == 50);
  CHECK(metadata.took == 45);
  CHECK(metadata.gave == 26);
  CHECK(metadata.nulls == std::vector<std::int64_t>{4, 2});
  CHECK(metadata.dead_letters_by_reason == std::map<std::string, std::int64_t>{{"Malformed", 4}, {"WrongType", 1}});
  CHECK(metadata.last_error == "n: expected BIGINT, found text");
}

TEST_CASE("after an older worker accounts begin so that they balance") {
  Ledger ledger;
  kafka::StartPosition from = start(0, 1050);
  from.committed = kafka::CommitMetadata{};
  from.committed->records_in = 1000;
  from.committed->records_out = 700;
  from.committed->dead_letters = 30;
  ledger.assign(from);
  const auto metadata = only(ledger.commits(true, "", 0));
  CHECK(metadata.position - *metadata.seen_from - *metadata.seen == 0);
  CHECK(*metadata.seen - *metadata.took - metadata.dead_letters == 0);
  CHECK(*metadata.gave - metadata.records_out == 0);
  CHECK_FALSE(metadata.nulls);
}

TEST_CASE("a stage of another kind takes and counts again what a sink to objects did not store") {
  kafka::StartPosition left = start(0, 100);
  left.committed.emplace();
  left.committed->windows = kafka::CommitMetadata::kObjects;
  left.committed->position = 140;
  left.committed->records_in = left.committed->seen.emplace() = left.committed->took.emplace() = 40;
  Ledger ledger;
  ledger.assign(left);
  ledger.add(0, entry(140, 40, 40, 0));
  ledger.settle();
  const auto commits = ledger.commits(true, "", 0);
  CHECK(commits.at(0).offset == 140);
  CHECK(only(commits).position == 140);
  CHECK(only(commits).seen_from == 100);
  CHECK(only(commits).records_in == 40);
}

TEST_CASE("a first start counts from its position") {
  Ledger ledger;
  ledger.assign(start(0, 100));
  const auto metadata = only(ledger.commits(true, "", 0));
  CHECK(metadata.seen_from == 100);
  CHECK(metadata.seen == 0);
  CHECK(metadata.took == 0);
}

TEST_CASE("what the client handed out last shows even if nothing of it arrived") {
  Ledger ledger;
  ledger.assign(start(0, 0));
  Ledger::Entry worked = entry(9, 9, 9, 0);
  worked.seen = 9;
  worked.accounts.took = 9;
  ledger.add(0, worked);
  CHECK(ledger.settle().seen == 9);
  ledger.reach(0, 10, 10);  // the tenth was handed out and lost before it was in any batch
  CHECK(ledger.settle().seen == 1);
  CHECK(ledger.settle().seen == 0);
  const auto metadata = only(ledger.commits(true, "", 0));
  CHECK(metadata.position - *metadata.seen_from - *metadata.seen == 0);
  CHECK(*metadata.seen - *metadata.took - metadata.dead_letters == 1);
}

TEST_CASE("the ordinal is what follows the last dash") {
  CHECK(stage::ordinal_of("fraud-score-1a2b-12") == 12);
  CHECK_FALSE(stage::ordinal_of("fraud-intake-99f3-768bc9f8dd-w7z2r"));
  CHECK_FALSE(stage::ordinal_of("laptop"));
  CHECK_FALSE(stage::ordinal_of("odd-"));
}

TEST_CASE("a watermark that moves without records is committed at the same position once its rows are acknowledged") {
  Ledger ledger(0, "win");
  ledger.assign(start(0, 10));
  Ledger::Entry open = entry(20, 10, 0, 0);
  open.windows = {{12}, 500, 400, 300};
  ledger.add(0, open);
  CHECK_FALSE(ledger.settle().failed);
  ledger.accepted(ledger.commits(false, "", 0));
  CHECK_FALSE(ledger.moved());
  const auto rows = kafka::Delivery::create();
  Ledger::Entry closed;
  closed.rows = rows;
  closed.windows = {std::nullopt, 900, 900, 800};
  ledger.advance(0, closed);
  CHECK_FALSE(ledger.settle().failed);
  CHECK_FALSE(ledger.moved());
  rows->seal();
  CHECK_FALSE(ledger.settle().failed);
  CHECK(ledger.moved());
  const auto commits = ledger.commits(false, "", 0);
  const auto metadata = only(commits);
  CHECK(commits[0].offset == 20);
  CHECK(metadata.position == 20);
  CHECK(metadata.watermark_us == 900);
  CHECK(metadata.output_watermark_us == 800);
  ledger.accepted(commits);
  CHECK_FALSE(ledger.moved());
}

TEST_CASE("a partition is idle to others only without open windows") {
  Ledger ledger(0, "win");
  ledger.assign(start(0, 10));
  Ledger::Entry open = entry(20, 10, 0, 0);
  open.windows = {{12}, 500, 400, 300};
  ledger.add(0, open);
  CHECK_FALSE(ledger.settle().failed);
  ledger.accepted(ledger.commits(false, "", 0));
  ledger.idle({0});
  CHECK(ledger.moved());
  CHECK_FALSE(only(ledger.commits(true, "", 0)).idle);
  Ledger::Entry closed;
  closed.windows = {std::nullopt, 900, 900, 800};
  ledger.advance(0, closed);
  CHECK_FALSE(ledger.settle().failed);
  CHECK(only(ledger.commits(true, "", 0)).idle);
  ledger.idle({});
  CHECK_FALSE(only(ledger.commits(true, "", 0)).idle);
}

TEST_CASE("a stage without windows keeps the watermark that was committed") {
  Ledger ledger;
  kafka::StartPosition from = start(0, 50);
  from.committed = kafka::CommitMetadata{};
  from.committed->position = 50;
  from.committed->watermark_us = 700;
  ledger.assign(from);
  const auto metadata = only(ledger.commits(true, "", 0));
  CHECK(metadata.watermark_us == 700);
  CHECK(metadata.output_watermark_us == 700);
  CHECK_FALSE(metadata.watermark_before_us);
}

// Records that only rebuild its open windows change nothing of what is committed: a quiet partition would never promise
// again.
TEST_CASE("a stage with windows keeps what it promised to the stages behind it") {
  Ledger ledger(0, "win");
  kafka::StartPosition from = start(0, 49);
  from.committed = kafka::CommitMetadata{};
  from.committed->windows = "win";
  from.committed->position = 50;
  from.committed->watermark_us = 900;
  from.committed->watermark_before_us = 700;
  from.committed->output_watermark_us = 800;
  ledger.assign(from);
  const auto commits = ledger.commits(true, "", 0);
  const auto metadata = only(commits);
  CHECK(commits[0].offset == 49);
  CHECK(metadata.position == 50);
  CHECK(metadata.watermark_us == 900);
  CHECK(metadata.watermark_before_us == 700);
  CHECK(metadata.output_watermark_us == 800);
}
