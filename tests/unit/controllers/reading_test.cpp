#include <doctest/doctest.h>

#include "controllers/observation/progress.h"
#include "kafka/commit_metadata.h"

using namespace tidegate;
using namespace tidegate::controllers;

namespace {

SteadyTime moment(double seconds) {
  return SteadyTime(Duration(static_cast<long long>((1000 + seconds) * 1000)));
}

kafka::CommittedOffset commit(std::int64_t position, std::int64_t busy_us, int by) {
  kafka::CommitMetadata metadata;
  metadata.position = metadata.records_in = position;
  metadata.records_out = position / 2;
  metadata.busy_us = busy_us;
  metadata.wait_us = busy_us / 4;
  metadata.by = by;
  return {position, metadata.encode()};
}

const std::vector<kafka::LogOffsets> kLog{{0, 100, 100}, {0, 200, 250}};  // the second has an open transaction

StageProgress seen() {
  StageProgress progress(crds::Start::earliest);
  progress.observe(moment(0), true, kLog, {commit(90, 2'000'000, 0), commit(150, 4'000'000, 1)});
  return progress;
}

}  // namespace

TEST_CASE("a reading is unknown before the first look") {
  const StageReading reading = StageProgress(crds::Start::earliest).reading(moment(0));
  CHECK(reading.partitions.empty());
  CHECK_FALSE(reading.busy_seconds);
  CHECK_FALSE(reading.age_seconds);
}

TEST_CASE("a reading sums counters and measures against the last stable offset") {
  const StageReading reading = seen().reading(moment(1));
  REQUIRE(reading.partitions.size() == 2);
  CHECK(reading.partitions[1].end == 250.0);
  CHECK(reading.partitions[1].readable == 200.0);
  CHECK(reading.partitions[1].position == 150.0);
  CHECK(reading.partitions[0].replica == 0);
  CHECK(reading.partitions[1].replica == 1);
  CHECK(reading.busy_seconds == doctest::Approx(6.0));
  CHECK(reading.wait_seconds == doctest::Approx(1.5));
  CHECK(reading.records_out == doctest::Approx(120.0));
}

TEST_CASE("a partition that nobody has worked on is a true zero") {
  StageProgress progress(crds::Start::earliest);
  progress.observe(moment(0), true, kLog, {commit(90, 2'000'000, 0), {}});
  const StageReading reading = progress.reading(moment(1));
  CHECK(reading.partitions[1].position == 0.0);
  CHECK(reading.partitions[1].replica == -1);
  CHECK(reading.busy_seconds == doctest::Approx(2.0));
}

TEST_CASE("old looks are unknown") {
  const StageProgress progress = seen();
  CHECK(progress.reading(moment(4)).partitions[0].end);
  CHECK_FALSE(progress.reading(moment(6)).partitions[0].end);
  CHECK(progress.reading(moment(9)).busy_seconds);
  CHECK_FALSE(progress.reading(moment(11)).busy_seconds);
  CHECK_FALSE(progress.reading(moment(11)).partitions[0].position);
  CHECK_FALSE(progress.reading(moment(11)).age_seconds);
}

TEST_CASE("counters of which a part is missing are unknown") {
  kafka::CommitMetadata older_worker;
  older_worker.position = 150;
  for (const kafka::CommittedOffset& second :
       {kafka::CommittedOffset{150, older_worker.encode()}, kafka::CommittedOffset{150, "somebody else's"}}) {
    StageProgress progress(crds::Start::earliest);
    progress.observe(moment(0), true, kLog, {commit(90, 2'000'000, 0), second});
    const StageReading reading = progress.reading(moment(1));
    CHECK_FALSE(reading.busy_seconds);
    CHECK_FALSE(reading.wait_seconds);
    CHECK(reading.partitions[1].position == 150.0);
    CHECK(reading.partitions[1].replica == -1);
  }
}

TEST_CASE("a worker that went silent leaves its partition unknown") {
  StageProgress progress = seen();
  for (int second = 1; second <= 30; ++second) {
    progress.observe(at(second), true, kLog, {commit(90, 2'000'000 + second, 0), commit(150, 4'000'000, 1)});
  }
  const StageReading reading = progress.reading(moment(30));
  CHECK(reading.partitions[0].position == 90.0);
  CHECK_FALSE(reading.partitions[1].position);
  CHECK_FALSE(reading.busy_seconds);
}

TEST_CASE("a position slightly ahead of the log end that was read before it is none of the contradictions") {
  StageProgress progress(crds::Start::earliest);
  progress.observe(moment(0), true, {{0, 100, 100}}, {commit(103, 1, 0)});
  CHECK(progress.reading(moment(0)).partitions[0].position == 100.0);
  progress.observe_log(moment(1), {{0, 110, 110}});
  CHECK(progress.reading(moment(1)).partitions[0].position == 103.0);
  // The topic was made again: the position is of another log.
  progress.observe_log(moment(2), {{0, 5, 5}});
  CHECK_FALSE(progress.reading(moment(2)).partitions[0].position);
  CHECK_FALSE(progress.reading(moment(2)).busy_seconds);
}

TEST_CASE("an account has no log ends while they cannot be read") {
  CHECK(seen().account(moment(4)).partitions[1].log_end == 250);
  CHECK_FALSE(seen().account(moment(6)).partitions[1].log_end);
  CHECK(seen().account(moment(6)).partitions[1].seen == seen().account(moment(4)).partitions[1].seen);
}
