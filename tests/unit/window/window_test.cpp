#include "worker/window/window.h"

#include <doctest/doctest.h>

using namespace tidegate;
using namespace tidegate::window;

TEST_CASE("a row lies in the pane of its time also before 1970") {
  const Window window{60, 20};
  CHECK(pane_of(window, 0) == 0);
  CHECK(pane_of(window, 19) == 0);
  CHECK(pane_of(window, 20) == 1);
  CHECK(pane_of(window, -1) == -1);
  CHECK(pane_of(window, -20) == -1);
  CHECK(pane_of(window, -21) == -2);
  CHECK(panes_in(window) == 3);
  CHECK(end_of(window, 1) == 80);
}

TEST_CASE("a window closes when the watermark reaches its end") {
  const Window tumbling{60, 60};
  CHECK(first_open(tumbling, kNever) == std::numeric_limits<std::int64_t>::min());
  CHECK(first_open(tumbling, 59) == 0);
  CHECK(first_open(tumbling, 60) == 1);
  CHECK(first_open(tumbling, 119) == 1);
  CHECK(first_open(tumbling, -1) == -1);
  const Window hopping{60, 20};
  CHECK(first_open(hopping, 60) == 1);  // [0, 60) is over, [20, 80) is not
  CHECK(first_open(hopping, 79) == 1);
  CHECK(first_open(hopping, 80) == 2);
}

TEST_CASE("the watermark follows the newest record and never goes back") {
  Watermark watermark({"ts", 10, 1'000'000});
  watermark.observe(100);
  CHECK(watermark.value() == 90);
  watermark.observe(50);
  CHECK(watermark.value() == 90);
  CHECK_FALSE(watermark.ahead(1'005'000, 5));  // 5 ms and a second
  CHECK(watermark.ahead(1'005'001, 5));
}

TEST_CASE("windows are read from the settings") {
  const auto read = [](const char* text) { return window_from_json(*Json::parse(text)); };
  CHECK(read(R"({"tumbling": {"size": 60000}})")->size == 60'000'000);
  CHECK(read(R"({"hopping": {"size": 60000, "slide": 20000}})")->slide == 20'000'000);
  CHECK(read(R"({"hopping": {"size": 60000, "slide": 25000}})").error().message ==
        "hopping/size must be a multiple of hopping/slide");
  CHECK(read(R"({"tumbling": {"size": 0}})").error().reason == "InvalidWindow");
  CHECK(read("{}").error().reason == "InvalidWindow");
  CHECK(event_time_from_json(*Json::parse(R"({"field": "ts", "maxOutOfOrder": 0, "maxAhead": 1})"))->max_ahead == 1000);
}

TEST_CASE("what is still to come out is no older than the earliest open window") {
  const Window tumbling{60, 60};
  CHECK(earliest_open(tumbling, kNever) == kNever);
  CHECK(earliest_open(tumbling, 119) == 60);
  CHECK(earliest_open(tumbling, 120) == 120);
  const Window hopping{60, 20};
  CHECK(earliest_open(hopping, 119) == 60);
  CHECK(earliest_open(hopping, 120) == 80);
}

TEST_CASE("the watermark of a topic that stages write does not follow its records") {
  Watermark watermark({"ts", 10, 1'000'000, true});
  watermark.observe(100);
  CHECK(watermark.value() == kNever);
  watermark.advance(50);
  watermark.advance(40);
  CHECK(watermark.value() == 50);
}
