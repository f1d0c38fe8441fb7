// Rate and trend of a counter that is looked at about once a second.
#pragma once

#include <optional>

namespace tidegate::autoscaler {

// Holt's linear method (C. C. Holt, 1957), begun anew at a change-point: a sample that is more than a quarter away from
// what was expected, confirmed by the next one, so that a second in which a step happened, or a client that stuttered,
// is not taken for the new level.
class RateForecast {
 public:
  // `total` at `now` seconds. A total that fell, a clock that went back or a gap of over 15 s begin anew.
  void add(double now, double total);
  void reset() { *this = RateForecast(); }

  // Two rates have been seen.
  bool known() const { return rates_ >= 2; }
  double level() const { return level_; }  // per second
  double trend() const { return trend_; }  // per second, per second
  // The last rate was a surprise that the next one will confirm or not.
  bool surprised() const { return surprise_.has_value(); }
  // Expected that many seconds from now; a falling trend is not extrapolated.
  double ahead(double seconds) const;

 private:
  void follow(double rate, double seconds);
  double without_arrears(double rate, double seconds, double expected);

  struct Standstill {
    double usual = 0;  // the rate before it
    double age = 0;    // seconds since it began
    double withheld = 0;
  };

  std::optional<double> at_;
  double total_ = 0;
  int rates_ = 0;
  double level_ = 0;
  double trend_ = 0;
  double deviation_ = 0;            // mean distance of a rate from what was expected
  std::optional<double> surprise_;  // a rate that waits for confirmation
  std::optional<Standstill> standstill_;
};

}  // namespace tidegate::autoscaler
