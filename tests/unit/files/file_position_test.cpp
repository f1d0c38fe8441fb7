#include "worker/files/file_position.h"

#include <doctest/doctest.h>

#include "kafka/commit_metadata.h"

using namespace tidegate;
using namespace tidegate::files;

namespace {

FilePosition somewhere() {
  FilePosition position;
  position.folder = "in/";
  position.name = "a 1%+\xff\xfe.csv";  // names may be of any bytes
  position.place = {12, 345};
  position.end = true;
  position.seen = 20;
  position.accounts.in = 20;
  position.accounts.took = position.accounts.gave = position.accounts.out = 17;
  position.accounts.dead_letters = 3;
  position.accounts.reasons = {{"WrongType", 3}};
  position.accounts.last_error = "n: expected BIGINT, found text";
  return position;
}

kafka::CommittedOffset committed(const FilePosition& position, const std::string& problem = "") {
  const kafka::Commit commit = position.commit(problem, WallTime(std::chrono::seconds(5)));
  return {commit.offset, commit.metadata};
}

}  // namespace

TEST_CASE("a position survives being committed") {
  const FilePosition before = somewhere();
  const auto after = FilePosition::of(committed(before), "in/");
  REQUIRE(after.ok());
  CHECK(after->name == before.name);
  CHECK(after->place == before.place);
  CHECK(after->end);
  CHECK(after->seen == 20);
  CHECK(after->accounts.dead_letters == 3);
  CHECK(after->accounts.reasons == before.accounts.reasons);
}

TEST_CASE("what is committed says what every stage says") {
  const auto offset = committed(somewhere(), "Volume: in/: away");
  CHECK(offset.offset == 12);
  const auto metadata = kafka::CommitMetadata::decode(offset.metadata);
  REQUIRE(metadata.ok());
  CHECK(metadata->records_in == 20);
  CHECK(metadata->dead_letters == 3);
  CHECK(metadata->at_ms == 5'000);
  CHECK(metadata->waiting);
  CHECK(metadata->problem == "Volume: in/: away");
  CHECK(metadata->last_error == "n: expected BIGINT, found text");
  CHECK(*metadata->seen == *metadata->took + metadata->dead_letters);
}

TEST_CASE("the longest name fits beside the offset") {
  FilePosition position = somewhere();
  position.folder = std::string(250, 'f') + "/";
  position.name = std::string(255, '\xff');
  position.accounts.last_error = std::string(1000, 'e');
  const auto offset = committed(position, std::string(1000, 'p'));
  CHECK(offset.metadata.size() <= kafka::CommitMetadata::kMaxBytes);
  CHECK(FilePosition::of(offset, position.folder)->name == position.name);
}

TEST_CASE("a first start and another folder begin anew but counts go on") {
  const auto first = FilePosition::of({}, "in/");
  REQUIRE(first.ok());
  CHECK(first->name.empty());
  CHECK(first->folder == "in/");
  const auto other = FilePosition::of(committed(somewhere()), "more/");
  REQUIRE(other.ok());
  CHECK(other->name.empty());
  CHECK(other->place == Place{});
  CHECK_FALSE(other->end);
  CHECK(other->accounts.in == 20);
}

TEST_CASE("an offset that is not of a source of files is no place in one") {
  kafka::CommitMetadata metadata;
  CHECK(FilePosition::of({7, metadata.encode()}, "in/").error().reason == "InvalidMetadata");
  CHECK(FilePosition::of({7, ""}, "in/").error().reason == "InvalidMetadata");
}
