#include "controllers/autoscaler/rate_forecast.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

using tidegate::autoscaler::RateForecast;

namespace {

// Adds `rate` records in each of `seconds` seconds.
void feed(RateForecast& forecast, double& now, double& total, int seconds, double rate) {
  for (int i = 0; i < seconds; ++i) forecast.add(now += 1, total += rate);
}

}  // namespace

TEST_CASE("a steady rate is known after two seconds") {
  RateForecast forecast;
  double now = 0, total = 500;
  forecast.add(now, total);
  CHECK_FALSE(forecast.known());
  feed(forecast, now, total, 2, 100);
  CHECK(forecast.known());
  CHECK(forecast.level() == doctest::Approx(100));
  CHECK(forecast.ahead(10) == doctest::Approx(100));
}

TEST_CASE("a step counts once it is confirmed and then at once and whole") {
  RateForecast forecast;
  double now = 0, total = 0;
  feed(forecast, now, total, 20, 100);
  feed(forecast, now, total, 1, 600);  // the second in which it happened
  CHECK(forecast.level() == doctest::Approx(100));
  feed(forecast, now, total, 1, 1000);
  CHECK(forecast.level() == doctest::Approx(1000));
  CHECK(forecast.trend() == 0);
}

TEST_CASE("a client that stutters is no change of the rate") {
  RateForecast forecast;
  double now = 0, total = 0;
  feed(forecast, now, total, 20, 100);
  feed(forecast, now, total, 1, 0);
  feed(forecast, now, total, 1, 200);
  feed(forecast, now, total, 5, 100);
  CHECK(forecast.level() == doctest::Approx(100));
}

TEST_CASE("the burst after a standstill is no change of the rate") {
  RateForecast forecast;
  double now = 0, total = 0;
  feed(forecast, now, total, 20, 100);
  feed(forecast, now, total, 4, 0);
  double most = 0;
  for (const double rate : {230.0, 250.0, 220.0, 100.0, 100.0}) {  // all that was held back and what comes anyway
    feed(forecast, now, total, 1, rate);
    most = std::max(most, forecast.level());
  }
  CHECK(most < 125);
  CHECK(forecast.level() == doctest::Approx(100).epsilon(0.05));
}

TEST_CASE("a step right after a standstill is seen once what that held back is through") {
  RateForecast forecast;
  double now = 0, total = 0;
  feed(forecast, now, total, 20, 100);
  feed(forecast, now, total, 4, 0);
  feed(forecast, now, total, 3, 1000);
  CHECK(forecast.level() == doctest::Approx(1000));
}

TEST_CASE("a rate that was lower for long withholds nothing") {
  RateForecast forecast;
  double now = 0, total = 0;
  feed(forecast, now, total, 20, 100);
  feed(forecast, now, total, 20, 0);
  feed(forecast, now, total, 2, 200);
  CHECK(forecast.level() == doctest::Approx(200));
}

TEST_CASE("a ramp is extrapolated upwards but not downwards") {
  RateForecast up, down;
  double now = 0, total = 0, total_down = 0;
  for (int i = 0; i < 100; ++i) {
    now += 1;
    up.add(now, total += 1000 + 10 * i);
    down.add(now, total_down += 3000 - 10 * i);
  }
  CHECK(up.ahead(10) == doctest::Approx(1990 + 100).epsilon(0.02));
  CHECK(down.ahead(10) == doctest::Approx(2010).epsilon(0.02));
}

TEST_CASE("a counter that fell or a clock that went back or a long gap begins anew") {
  for (const auto& [at, total] : {std::pair(21.0, 5.0), std::pair(3.0, 2100.0), std::pair(60.0, 2100.0)}) {
    RateForecast forecast;
    double now = 0, count = 0;
    feed(forecast, now, count, 20, 100);
    forecast.add(at, total);
    CHECK_FALSE(forecast.known());
  }
}

TEST_CASE("silence is a rate of zero") {
  RateForecast forecast;
  double now = 0, total = 0;
  feed(forecast, now, total, 10, 100);
  feed(forecast, now, total, 3, 0);
  CHECK(forecast.known());
  CHECK(forecast.level() == 0);
}
