#include "worker/window/window.h"

#include "common/base/text.h"

namespace tidegate::window {
namespace {

constexpr Micros kMillisecond = 1000;

Error invalid(const std::string& field, const std::string& remedy) {
  return {"InvalidWindow", cat(field, " ", remedy)};
}

Result<Micros> span(const Json& json, const std::string& path, bool zero_allowed = false) {
  const Json& value = json.at(path);
  const std::int64_t limit = std::int64_t{366} * 86'400'000;
  if (!value.is_int() || value.as_int() < (zero_allowed ? 0 : 1) || value.as_int() > limit) {
    return invalid(path, "must be a number of milliseconds, at most a year");
  }
  return value.as_int() * kMillisecond;
}

}  // namespace

Result<Window> window_from_json(const Json& json) {
  if (json.has("tumbling")) {
    const auto size = span(json, "tumbling/size");
    if (!size) return size.error();
    return Window{*size, *size, 0};
  }
  if (json.has("hopping")) {
    const auto size = span(json, "hopping/size");
    if (!size) return size.error();
    const auto slide = span(json, "hopping/slide");
    if (!slide) return slide.error();
    if (*size % *slide != 0) return invalid("hopping/size", "must be a multiple of hopping/slide");
    return Window{*size, *slide, 0};
  }
  if (json.has("session")) {
    const auto gap = span(json, "session/gap");
    if (!gap) return gap.error();
    const auto longest = span(json, "session/maxDuration");
    if (!longest) return longest.error();
    if (*longest < 2 * *gap) return invalid("session/maxDuration", "must be at least twice session/gap");
    return Window{*longest, *longest / 2, *gap};
  }
  return invalid("window", "must be tumbling, hopping or session");
}

Result<EventTime> event_time_from_json(const Json& json) {
  EventTime time;
  time.field = json.get("field").as_string();
  if (time.field.empty()) return invalid("eventTime/field", "is missing");
  const auto out_of_order = span(json, "maxOutOfOrder", true);
  if (!out_of_order) return out_of_order.error();
  time.max_out_of_order = *out_of_order;
  const auto ahead = span(json, "maxAhead", true);
  if (!ahead) return ahead.error();
  time.max_ahead = *ahead;
  time.written = json.get("written").as_bool();
  return time;
}

}  // namespace tidegate::window
