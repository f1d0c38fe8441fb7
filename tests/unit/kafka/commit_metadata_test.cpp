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
  CHECK(metadata.encode().size() <= 4096);
  CHECK(CommitMetadata::decode(metadata.encode())->problem.size() == 300);
}

TEST_CASE("a foreign or broken text is refused") {
  for (const char* text : {"", "hello", "{}", R"({"v":2,"pos":1,"in":1,"out":1,"dl":0,"at":1})", R"({"v":1,"pos":1})",
                           R"({"v":1,"pos":"1","in":1,"out":1,"dl":0,"at":1})"}) {
    const auto decoded = CommitMetadata::decode(text);
    REQUIRE_FALSE(decoded.ok());
    CHECK(decoded.error().reason == "InvalidMetadata");
  }
}
