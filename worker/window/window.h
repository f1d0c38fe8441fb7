// Windows over event time: which rows belong together, and when no more of them can come. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/json/json.h"

namespace tidegate::window {

// Times are microseconds since 1970-01-01 UTC, spans are microseconds.
using Micros = std::int64_t;

inline constexpr Micros kNever = std::numeric_limits<Micros>::min();  // a watermark before the first record

// The field that says when something happened, and how far its order may be trusted.
struct EventTime {
  std::string field;
  Micros max_out_of_order = 0;  // a record may be that much older than the newest before it
  Micros max_ahead = 0;         // and that much newer than its Kafka timestamp
  bool written = false;         // by stages of the pipeline: they tell the watermark, the records do not move it
};

// Windows [start, start + size), one every `slide`, aligned with 1970-01-01. Tumbling when slide == size. With a `gap`:
// the sessions of each key (sessions.h), at most `size` long and cut at multiples of `slide`, the half of it.
struct Window {
  Micros size = 0;
  Micros slide = 0;  // size is a multiple of it
  Micros gap = 0;    // 0: no sessions
};

// {"tumbling": {"size": ms}}, {"hopping": {"size": ms, "slide": ms}} or {"session": {"gap": ms, "maxDuration": ms}}.
// Fails with reason InvalidWindow, naming the field.
Result<Window> window_from_json(const Json& json);
// {"field": "ts", "maxOutOfOrder": ms, "maxAhead": ms, "written": false}. Fails with reason InvalidWindow.
Result<EventTime> event_time_from_json(const Json& json);

// Rows are kept by pane, the stretch of `slide` that their time lies in: every window consists of whole panes.
constexpr std::int64_t pane_of(const Window& window, Micros time) {
  const std::int64_t pane = time / window.slide;
  return time % window.slide < 0 ? pane - 1 : pane;
}
constexpr Micros start_of(const Window& window, std::int64_t pane) {
  return pane * window.slide;
}
// A window is known by its first pane.
constexpr std::int64_t panes_in(const Window& window) {
  return window.size / window.slide;
}
constexpr Micros end_of(const Window& window, std::int64_t first_pane) {
  return start_of(window, first_pane) + window.size;
}
// The first window that is still open at this watermark: a window is closed once the watermark reaches its end.
constexpr std::int64_t first_open(const Window& window, Micros watermark) {
  return watermark < std::numeric_limits<Micros>::min() + window.size ? std::numeric_limits<std::int64_t>::min()
                                                                      : pane_of(window, watermark - window.size) + 1;
}
// Whether some window that holds the pane is closed, so that a row in it is late. Not once all are: which of them still
// got the row would depend on when they were closed.
constexpr bool pane_is_over(const Window& window, std::int64_t pane, Micros watermark) {
  return pane < first_open({window.slide, window.slide, 0}, watermark);
}

// The earliest start of a window that may be open at this watermark: no row that is still to come out is older.
constexpr Micros earliest_open(const Window& window, Micros watermark) {
  if (watermark < std::numeric_limits<Micros>::min() + window.size) return kNever;
  return window.gap > 0 ? watermark - window.size : start_of(window, first_open(window, watermark));
}

// Of one partition: the newest event time seen, less what may still come out of order. It never goes back, and depends
// on the records alone, not on when or in which batches they are read. Of a topic that stages of the pipeline write it
// is what they tell.
class Watermark {
 public:
  explicit Watermark(const EventTime& time, Micros value = kNever)
      : max_out_of_order_(time.max_out_of_order), max_ahead_(time.max_ahead), written_(time.written), value_(value) {}

  Micros value() const { return value_; }
  // Whether a record is dated further in the future than it may be; such a one must not be observed.
  bool ahead(Micros time, std::int64_t timestamp_ms) const { return time > timestamp_ms * 1000 + max_ahead_; }
  void observe(Micros time) {
    if (!written_) advance(time - max_out_of_order_);
  }
  void advance(Micros value) { value_ = std::max(value_, value); }

 private:
  Micros max_out_of_order_;
  Micros max_ahead_;
  bool written_;
  Micros value_;
};

}  // namespace tidegate::window
