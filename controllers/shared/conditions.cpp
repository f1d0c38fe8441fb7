#include "controllers/shared/conditions.h"

#include "common/base/text.h"

namespace tidegate::controllers {
namespace {

const char* text(Truth status) {
  switch (status) {
    case Truth::yes:
      return "True";
    case Truth::no:
      return "False";
    case Truth::unknown:
      break;
  }
  return "Unknown";
}

}  // namespace

const Json& find_condition(const Json& status, const std::string& type) {
  static const Json none;
  for (const Json& item : status.at("conditions").items()) {
    if (item.at("type").as_string() == type) return item;
  }
  return none;
}

Json conditions_json(const std::vector<Condition>& now, const Json& before, std::int64_t generation, WallTime time) {
  Json out = Json::Array{};
  for (const Condition& condition : now) {
    Json since = to_rfc3339(time);
    for (const Json& old : before.items()) {
      if (old.at("type") == Json(condition.type) && old.at("status") == Json(text(condition.status)) &&
          old.has("lastTransitionTime")) {
        since = old.at("lastTransitionTime");
      }
    }
    out.push_back(Json::object({{"type", condition.type},
                                {"status", text(condition.status)},
                                {"reason", condition.reason},
                                {"message", truncate_utf8(condition.message, 1024)},
                                {"observedGeneration", generation},
                                {"lastTransitionTime", since}}));
  }
  return out;
}

}  // namespace tidegate::controllers
