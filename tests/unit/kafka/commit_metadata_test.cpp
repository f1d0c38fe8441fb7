#include "kafka/commit_metadata.h"

#include <doctest/doctest.h>

#include "common/json/json.h"

using namespace tidegate;
using kafka::CommitMetadata;

TEST_CASE("metadata is the JSON of the contract") {
  CommitMetadata metadata;
  metadata.position = 1042;
  metadata.records_in = 1042;
  metadata.records_out = 65;
  metadata.dead_letters = 2;
  metadata.topic_id = "mZ";
  metadata.at_ms = 1763850000123;
  CHECK(*Json::parse(metadata.encode()) ==
        *Json::parse(R"({"v":1,"pos":1042,"in":1042,"out":65,"dl":2,"topicId":"mZ","at":1763850000123,)"
                     R"("state":"running","problem":""})"));
}

TEST_CASE("times and replica are there only when they are known") {
  CommitMetadata metadata;
  CHECK_FALSE(CommitMetadata::decode(metadata.encode())->busy_us);
  CHECK_FALSE(CommitMetadata::decode(metadata.encode())->by);
  metadata.busy_us = 812000;
  metadata.wait_us = 0;
  metadata.by = 3;
  const Json json = *Json::parse(metadata.encode());
  CHECK(json.at("busy") == Json(812000));
  CHECK(json.at("wait") == Json(0));
  CHECK(json.at("by") == Json(3));
  const auto back = CommitMetadata::decode(metadata.encode());
  CHECK(back->busy_us == 812000);
  CHECK(back->wait_us == 0);
  CHECK(back->by == 3);
}

TEST_CASE("decode gives back what encode took") {
  CommitMetadata metadata;
  metadata.position = 9007199254740993;  // beyond what a double holds
  metadata.records_in = 3;
  metadata.records_out = 2;
  metadata.dead_letters = 1;
  metadata.topic_id = "abcDEF_-";
  metadata.at_ms = 7;
  metadata.waiting = true;
  metadata.problem = "PostgreSQL: \"connection\" refused";
  const auto back = CommitMetadata::decode(metadata.encode());
  REQUIRE(back.ok());
  CHECK(back->position == metadata.position);
  CHECK(back->records_in == 3);
  CHECK(back->records_out == 2);
  CHECK(back->dead_letters == 1);
  CHECK(back->topic_id == metadata.topic_id);
  CHECK(back->at_ms == 7);
  CHECK(back->waiting);
  CHECK(back->problem == metadata.problem);
}

TEST_CASE("however long the problem - the text fits an metadata of an offset") {
  CommitMetadata metadata;
  metadata.position = metadata.records_in = metadata.records_out = metadata.dead_letters = metadata.at_ms = INT64_MAX;
  metadata.busy_us = metadata.wait_us = INT64_MAX;
  metadata.by = INT32_MAX;
  metadata.topic_id = std::string(1000, '\x01');
  metadata.waiting = true;
  metadata.problem = std::string(5000, '\x01');  // the worst case: six bytes of JSON each
  CHECK(metadata.encode().size() <= CommitMetadata::kMaxBytes);
  CHECK(CommitMetadata::decode(metadata.encode())->problem.size() == 300);
}

TEST_CASE("accounts are unknown and not zero when an older worker committed") {
  const auto old = CommitMetadata::decode(CommitMetadata{}.encode());
  REQUIRE(old.ok());
  CHECK_FALSE(old->seen_from);
  CHECK_FALSE(old->seen);
  CHECK_FALSE(old->took);
  CHECK_FALSE(old->gave);
  CHECK_FALSE(old->nulls);
  CHECK_FALSE(old->dead_letters_by_reason);
  CHECK(old->last_error.empty());
}

TEST_CASE("accounts have the names of the contract and come back") {
  CommitMetadata metadata;
  metadata.seen_from = 40;
  metadata.seen = 1002;
  metadata.took = 1000;
  metadata.gave = 65;
  metadata.nulls = {{0, 17}};
  metadata.dead_letters_by_reason = {{{"WrongType", 2}}};
  metadata.last_error = "amount: expected DOUBLE, found text";
  const Json json = *Json::parse(metadata.encode());
  CHECK(json.at("from") == Json(40));
  CHECK(json.at("seen") == Json(1002));
  CHECK(json.at("took") == Json(1000));
  CHECK(json.at("gave") == Json(65));
  CHECK(json.at("nulls") == Json::array({0, 17}));
  CHECK(json.at("why") == Json::object({{"WrongType", 2}}));
  CHECK(json.at("last") == Json("amount: expected DOUBLE, found text"));
  const auto back = CommitMetadata::decode(metadata.encode());
  REQUIRE(back.ok());
  CHECK(back->seen_from == 40);
  CHECK(back->seen == 1002);
  CHECK(back->took == 1000);
  CHECK(back->gave == 65);
  CHECK(back->nulls == metadata.nulls);
  CHECK(back->dead_letters_by_reason == metadata.dead_letters_by_reason);
  CHECK(back->last_error == metadata.last_error);
}

TEST_CASE("when bytes are short - nulls go first and the counts that balance never") {
  CommitMetadata metadata;
  metadata.seen_from = metadata.seen = metadata.took = metadata.gave = INT64_MAX;
  metadata.problem = std::string(300, '\x01');
  metadata.last_error = std::string(200, 'e');
  metadata.dead_letters_by_reason = {{{"WrongType", INT64_MAX}}};
  metadata.nulls.emplace(128, INT64_MAX);
  const auto without_nulls = CommitMetadata::decode(metadata.encode());
  REQUIRE(without_nulls.ok());
  CHECK_FALSE(without_nulls->nulls);
  CHECK(without_nulls->dead_letters_by_reason == metadata.dead_letters_by_reason);
  CHECK(without_nulls->last_error.size() == 160);

  metadata.topic_id = std::string(64, '\x01');
  metadata.last_error = std::string(160, '\x01');
  for (int i = 0; i < 100; ++i) (*metadata.dead_letters_by_reason)["Reason" + std::to_string(i)] = INT64_MAX;
  REQUIRE(metadata.encode().size() <= CommitMetadata::kMaxBytes);
  const auto bare = CommitMetadata::decode(metadata.encode());
  CHECK_FALSE(bare->dead_letters_by_reason);
  CHECK(bare->last_error.size() == 160);
  CHECK(bare->seen == INT64_MAX);
  CHECK(bare->problem.size() == 300);
}

TEST_CASE("a foreign or broken text is refused") {
  for (const char* text : {"", "hello", "{}", R"({"v":2,"pos":1,"in":1,"out":1,"dl":0,"at":1})", R"({"v":1,"pos":1})",
                           R"({"v":1,"pos":"1","in":1,"out":1,"dl":0,"at":1})"}) {
    const auto decoded = CommitMetadata::decode(text);
    REQUIRE_FALSE(decoded.ok());
    CHECK(decoded.error().reason == "InvalidMetadata");
  }
}
