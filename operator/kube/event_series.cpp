#include "operator/kube/event_series.h"

#include <cstdio>

#include "common/base/text.h"

namespace tidegate::kube {
namespace {

// client-go (tools/events) ends a series after 6 minutes.
constexpr std::chrono::minutes kSeriesEnd{6};
constexpr std::chrono::seconds kWriteInterval{30};
constexpr std::size_t kMaxSeries = 1000;
constexpr std::size_t kMaxNote = 1024;
constexpr std::size_t kMaxInstance = 128;
constexpr std::size_t kMaxNamePrefix = 230;

Json reference(const Json& object) {
  Json out = Json::object(
      {{"apiVersion", object.at("apiVersion")}, {"kind", object.at("kind")}, {"name", object.at("metadata/name")}});
  for (const char* field : {"namespace", "uid", "resourceVersion"}) {
    if (const Json& value = object.at("metadata").get(field); value.is_string()) out[field] = value;
  }
  return out;
}

}  // namespace

EventSeries::EventSeries(std::string controller, std::string instance)
    : controller_(std::move(controller)), instance_(truncate_utf8(instance, kMaxInstance)) {}

std::optional<Json> EventSeries::record(const Json& regarding, bool warning, const std::string& reason,
                                        const std::string& note, WallTime now) {
  const std::string text(truncate_utf8(note, kMaxNote));
  const Id id{regarding.at("metadata/uid").as_string(), warning, reason, text};
  if (const auto known = series_.find(id); known != series_.end()) {
    if (now - known->second.last < kSeriesEnd) {
      ++known->second.count;
      known->second.last = now;
      return std::nullopt;
    }
    series_.erase(known);
  }
  if (series_.size() >= kMaxSeries) return std::nullopt;

  char suffix[40];
  std::snprintf(suffix, sizeof suffix, ".%llx%04x", static_cast<unsigned long long>(now.time_since_epoch().count()),
                serial_++ & 0xFFFF);
  const std::string& ns = regarding.at("metadata/namespace").as_string();
  const Series series{ns.empty() ? "default" : ns,
                      regarding.at("metadata/name").as_string().substr(0, kMaxNamePrefix) + suffix,
                      1,
                      1,
                      now,
                      now};
  series_.emplace(id, series);
  return Json::object({{"apiVersion", "events.k8s.io/v1"},
                       {"kind", "Event"},
                       {"metadata", Json::object({{"namespace", series.ns}, {"name", series.name}})},
                       {"eventTime", to_rfc3339_micro(now)},
                       {"reportingController", controller_},
                       {"reportingInstance", instance_},
                       {"action", "Reconcile"},
                       {"reason", reason},
                       {"type", warning ? "Warning" : "Normal"},
                       {"regarding", reference(regarding)},
                       {"note", text}});
}

std::vector<EventSeries::Update> EventSeries::due(WallTime now) {
  std::vector<Update> out;
  for (auto at = series_.begin(); at != series_.end();) {
    Series& series = at->second;
    const bool ended = now - series.last >= kSeriesEnd;
    if (series.count > series.written && (ended || now - series.written_at >= kWriteInterval)) {
      const Json value = Json::object({{"count", series.count}, {"lastObservedTime", to_rfc3339_micro(series.last)}});
      out.push_back({series.ns, series.name,
                     Json::array({Json::object({{"op", "add"}, {"path", "/series"}, {"value", value}})})});
      series.written = series.count;
      series.written_at = now;
    }
    at = ended ? series_.erase(at) : std::next(at);
  }
  return out;
}

}  // namespace tidegate::kube
