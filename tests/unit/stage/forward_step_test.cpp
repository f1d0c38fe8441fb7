#include <doctest/doctest.h>

#include "worker/stage/step.h"

using namespace tidegate;

TEST_CASE("records go on as they are but for those that the topic never takes") {
  stage::Output output;
  output.max_row_bytes = 10;
  output.max_ahead = Duration{5000};
  Clock clock = Clock::real();
  clock.wall = [] { return WallTime{std::chrono::milliseconds(1'000'000)}; };
  const auto step = stage::forward_step(output, clock);
  REQUIRE(step->open().ok());
  kafka::Record fits;
  fits.key = "12345";
  fits.value = "67890";
  fits.timestamp_ms = 1'005'000;
  kafka::Record large = fits;
  large.value = "678901";
  kafka::Record early = fits;
  early.timestamp_ms = 1'005'001;
  kafka::Record tombstone;
  tombstone.key = "a";
  tombstone.timestamp_ms = -1;
  const kafka::Record records[] = {fits, large, early, tombstone};
  const auto ran = step->run(records);
  REQUIRE(ran.ok());
  CHECK(ran->forward);
  CHECK(ran->rows.empty());
  CHECK(ran->counts.took == 2);
  CHECK(ran->counts.gave == 2);
  CHECK(ran->counts.nulls.empty());
  REQUIRE(ran->rejections.size() == 2);
  CHECK(ran->rejections[0].index == 1);
  CHECK(ran->rejections[0].reason == "Oversized");
  CHECK(ran->rejections[1].index == 2);
  CHECK(ran->rejections[1].reason == "Rejected");
}
