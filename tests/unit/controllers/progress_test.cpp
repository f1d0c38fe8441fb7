#include "controllers/observation/progress.h"

#include <doctest/doctest.h>

#include "kafka/commit_metadata.h"

using namespace tidegate;
using namespace tidegate::controllers;

namespace {

SteadyTime at(int seconds) {
  return SteadyTime(std::chrono::seconds(1000 + seconds));
}

std::vector<kafka::LogOffsets> log(std::int64_t end) {
  return {{0, end, end}};
}

std::vector<kafka::CommittedOffset> commit(std::int64_t position, std::int64_t at_ms = 0,
                                           const std::string& problem = "") {
  kafka::CommitMetadata metadata;
  metadata.position = metadata.records_in = position;
  metadata.at_ms = at_ms;
  metadata.waiting = !problem.empty();
  metadata.problem = problem;
  return {{position, metadata.encode()}};
}

const std::vector<kafka::CommittedOffset> kNothing{{}};

}  // namespace

TEST_CASE("nothing is known before the first look and unknown is not zero") {
  const StageFigures figures = StageProgress(crds::Start::earliest).figures(at(0));
  CHECK_FALSE(figures.known);
  CHECK_FALSE(figures.lag_records);
  CHECK_FALSE(figures.lag_seconds);
  CHECK_FALSE(figures.rate_in);
}

TEST_CASE("records whose arrival was not seen have an unknown age until they are taken in") {
  StageProgress progress(crds::Start::earliest);
  progress.observe(at(0), true, log(100), commit(40));
  CHECK(progress.figures(at(1)).lag_records == 60);
  CHECK_FALSE(progress.figures(at(1)).lag_seconds);
  progress.observe(at(2), true, log(150), commit(100));
  CHECK(progress.figures(at(5)).lag_seconds == doctest::Approx(3.0));
}

TEST_CASE("the offsets of a stage that fills the topic are no positions in it") {
  StageProgress progress(crds::Start::earliest, true);
  progress.observe(at(0), true, log(100), commit(1'000'000));
  progress.observe(at(30), true, log(200), commit(1'000'000));
  const StageFigures figures = progress.figures(at(30));
  CHECK(figures.known);
  CHECK(figures.started);
  CHECK_FALSE(figures.lag_records);
  CHECK_FALSE(figures.lag_seconds);
  CHECK(figures.standing == Duration{0});
  CHECK(figures.silent == Duration(30'000));
  CHECK(figures.dead_letters == 0);
  CHECK(progress.account(at(30)).partitions.at(0).in == 1'000'000);
  CHECK_FALSE(progress.account(at(30)).partitions.at(0).position);
  CHECK_FALSE(progress.account(at(30)).partitions.at(0).log_end);
  progress.observe(at(31), true, log(200), commit(5, 1, "Volume: in/: away"));
  CHECK(progress.figures(at(31)).waiting);
  CHECK(progress.figures(at(31)).problem == "Volume: in/: away");
}

TEST_CASE("the age is that of the oldest record that waits") {
  StageProgress progress(crds::Start::earliest);
  progress.observe(at(0), true, log(100), commit(100));
  CHECK(progress.figures(at(0)).lag_seconds == doctest::Approx(0.0));
  progress.observe(at(2), true, log(110), commit(100));
  progress.observe(at(4), true, log(120), commit(100));
  CHECK(progress.figures(at(10)).lag_seconds == doctest::Approx(8.0));
  progress.observe(at(11), true, log(120), commit(110));
  CHECK(progress.figures(at(12)).lag_seconds == doctest::Approx(8.0));
  progress.observe(at(13), true, log(120), commit(120));
  CHECK(progress.figures(at(14)).lag_seconds == doctest::Approx(0.0));
}

TEST_CASE("many arrivals are remembered in bounded space ages rather too high than too low") {
  StageProgress progress(crds::Start::earliest);
  progress.observe(at(0), true, log(0), commit(0));
  for (int i = 1; i <= 2000; ++i) progress.observe_log(at(i), log(i));
  progress.observe(at(2000), true, log(2000), commit(1000));
  CHECK(*progress.figures(at(2000)).lag_seconds >= 999.0);
  CHECK(*progress.figures(at(2000)).lag_seconds < 1200.0);
}

TEST_CASE("standing still counts from when records wait") {
  StageProgress progress(crds::Start::earliest);
  progress.observe(at(0), true, log(10), commit(10));
  progress.observe(at(60), true, log(10), commit(10, 60));
  CHECK(progress.figures(at(60)).standing == Duration(0));
  progress.observe(at(61), true, log(20), commit(10, 60));
  CHECK(progress.figures(at(66)).standing == Duration(5000));
  progress.observe(at(67), true, log(30), commit(15, 67));
  CHECK(progress.figures(at(68)).standing == Duration(1000));
}

TEST_CASE("one partition that stands still counts although others move") {
  StageProgress progress(crds::Start::earliest);
  const auto two = [](std::int64_t a, std::int64_t b) {
    auto out = commit(a);
    out.push_back(commit(b).front());
    return out;
  };
  const std::vector<kafka::LogOffsets> both{{0, 100, 100}, {0, 100, 100}};
  progress.observe(at(0), true, both, two(0, 0));
  for (int i = 1; i <= 10; ++i) progress.observe(at(i), true, both, two(i, 0));
  CHECK(progress.figures(at(10)).standing == Duration(10000));
  CHECK(progress.figures(at(10)).moving);
}

TEST_CASE("a sign of life is a renewed commit") {
  StageProgress progress(crds::Start::earliest);
  progress.observe(at(0), true, log(10), commit(10, 1));
  progress.observe(at(10), true, log(10), commit(10, 2));
  progress.observe(at(30), true, log(10), commit(10, 2));
  CHECK(progress.figures(at(36)).silent == Duration(26000));
}

TEST_CASE("time without pods is neither standing nor silent") {
  StageProgress progress(crds::Start::earliest);
  progress.observe(at(0), true, log(10), commit(5, 1));
  for (int i = 1; i < 100; ++i) progress.observe(at(i), false, log(10), commit(5, 1));
  CHECK(progress.figures(at(99)).standing == Duration(0));
  CHECK(progress.figures(at(99)).silent == Duration(0));
  progress.observe(at(101), true, log(10), commit(5, 1));
  CHECK(progress.figures(at(104)).standing == Duration(5000));
}

TEST_CASE("before its first commit a stage has all records in front of it or none when it starts at the end") {
  StageProgress earliest(crds::Start::earliest), latest(crds::Start::latest);
  earliest.observe(at(0), true, log(10), kNothing);
  latest.observe(at(0), true, log(10), kNothing);
  CHECK(earliest.figures(at(0)).lag_records == 10);
  CHECK_FALSE(latest.figures(at(0)).lag_records);
  CHECK_FALSE(earliest.figures(at(0)).started);
  CHECK_FALSE(earliest.figures(at(0)).dead_letters);
}

TEST_CASE("rates are means over the last 15 s and survive a counter that begins anew") {
  Rate rate;
  rate.add(at(0), 0);
  rate.add(at(2), 200);
  CHECK_FALSE(rate.value());
  rate.add(at(4), 400);
  CHECK(*rate.value() == doctest::Approx(100));
  for (int i = 5; i < 60; ++i) rate.add(at(i), 400);
  CHECK(*rate.value() == doctest::Approx(0));
  rate.add(at(60), 5);
  CHECK_FALSE(rate.value());
}

TEST_CASE("why a worker waits comes from its commit") {
  StageProgress progress(crds::Start::earliest);
  progress.observe(at(0), true, log(10), commit(5, 1, "PostgreSQL: refused"));
  CHECK(progress.figures(at(0)).waiting);
  CHECK(progress.figures(at(0)).problem == "PostgreSQL: refused");
  progress.observe(at(1), true, log(10), commit(6, 2));
  CHECK_FALSE(progress.figures(at(1)).waiting);
}
