// Which Events to write: the first of its kind at once, repetitions as a count on it, every half minute at most.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/base/clock.h"
#include "common/json/json.h"

namespace tidegate::kube {

// A pure state machine; not thread-safe.
class EventSeries {
 public:
  EventSeries(std::string controller, std::string instance);

  // The Event to create; nothing when it continues a series or too many are remembered.
  std::optional<Json> record(const Json& regarding, bool warning, const std::string& reason, const std::string& note,
                             WallTime now);

  struct Update {
    std::string ns;
    std::string name;
    Json patch;  // RFC 6902
  };
  // Counts that are due. Forgets series that ended six minutes ago.
  std::vector<Update> due(WallTime now);

 private:
  using Id = std::tuple<std::string, bool, std::string, std::string>;  // uid, warning, reason, note
  struct Series {
    std::string ns;
    std::string name;
    int count = 1;
    int written = 1;
    WallTime last;
    WallTime written_at;
  };

  const std::string controller_;
  const std::string instance_;
  std::map<Id, Series> series_;
  unsigned serial_ = 0;
};

}  // namespace tidegate::kube
