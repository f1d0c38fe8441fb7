#include "controllers/health/log_growth.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace tidegate::health;

namespace {

// A processor that writes topic `alerts`; looked at every two seconds, the log is read in between.
struct Writer {
  StageEvidence stage;
  TopicEvidence topic;
  LogGrowth growth;
  Duration time{1'000'000};
  bool read = true;  // the log

  Writer() {
    stage.name = "score";
    stage.kind = "processor";
    PartitionEvidence partition;
    partition.committed = true;
    partition.position = partition.readable = partition.out = 0;
    stage.partitions = {partition};
    topic.name = "alerts";
    topic.id = "id-1";
    topic.appended = 0;
  }
  // So many records come in, are written, and of those are committed.
  void pass(std::int64_t in, std::int64_t written, std::int64_t committed) {
    PartitionEvidence& partition = stage.partitions[0];
    *partition.readable += in;
    *partition.position += committed;
    *partition.out += committed;
    *topic.appended += written;
  }
  // What is found; "" when nothing.
  std::string look() {
    time += Duration(1'000);
    if (read) topic.read = SteadyTime(time);
    time += Duration(1'000);
    std::vector<Finding> found;
    growth.look({SteadyTime(time), WallTime(time)}, topic, {&stage}, found);
    return found.empty() ? "" : found[0].what;
  }
  std::string run(int looks) {
    std::string last;
    for (int i = 0; i < looks; ++i) last = look();
    return last;
  }
};

}  // namespace

TEST_CASE("a log that grew by what was acknowledged is balanced") {
  Writer writer;
  for (int i = 0; i < 50; ++i) {
    writer.pass(100, 100, i % 3 == 0 ? 60 : 100);  // some are not committed yet
    CHECK(writer.look().empty());
  }
}

TEST_CASE("acknowledged records that are not in the log are missed") {
  Writer writer;
  writer.pass(100, 100, 100);
  writer.run(3);
  *writer.topic.appended -= 1;
  CHECK(writer.run(2).find("1 records that Kafka acknowledged are not in topic alerts") != std::string::npos);
  CHECK_FALSE(writer.run(100).empty());
  CHECK(writer.run(250).empty());  // known by now
  *writer.topic.appended -= 2;
  CHECK(writer.run(2).find("2 records") != std::string::npos);
}

TEST_CASE("repeats do not hide a later loss once the writer has caught up") {
  Writer writer;
  writer.pass(100, 130, 100);  // 30 written twice by a worker that was killed
  CHECK(writer.run(3).empty());
  *writer.topic.appended -= 1;
  CHECK_FALSE(writer.run(2).empty());
}

TEST_CASE("records that are under way are not learned as repeats") {
  Writer writer;
  writer.pass(100, 100, 80);
  CHECK(writer.run(10).empty());
  writer.pass(0, 0, 20);
  CHECK(writer.run(10).empty());
}

TEST_CASE("counts that are newer than the log say nothing") {
  Writer writer;
  writer.run(3);
  writer.read = false;
  for (int i = 0; i < 20; ++i) {
    writer.pass(100, 0, 100);
    CHECK(writer.look().empty());
  }
  writer.read = true;
  *writer.topic.appended += 2000;
  CHECK(writer.run(5).empty());
}

TEST_CASE("a log that is unknown says nothing") {
  Writer writer;
  writer.pass(100, 100, 100);
  writer.run(3);
  writer.topic.appended.reset();
  writer.pass(100, 0, 100);
  CHECK(writer.run(5).empty());
}

TEST_CASE("another topic of the same name and what was written elsewhere before are no loss") {
  Writer writer;
  *writer.stage.partitions[0].out = 5000;  // to the topic that it wrote before
  CHECK(writer.run(5).empty());
  writer.topic.id = "id-2";
  writer.topic.appended = 0;
  CHECK(writer.run(5).empty());
  writer.pass(10, 9, 10);
  CHECK_FALSE(writer.run(3).empty());
}
