#include "kafka/commit_metadata.h"

#include "common/base/text.h"
#include "common/json/json.h"

namespace tidegate::kafka {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kMaxProblemBytes = 300;
constexpr std::size_t kMaxTopicIdBytes = 64;
constexpr std::size_t kMaxLastErrorBytes = 160;

Error invalid(std::string what) {
  return {"InvalidMetadata", cat("the text beside the committed offset ", what,
                                 "; was the offset committed by something other than Tidegate?")};
}

void put(Json& json, const char* name, const std::optional<std::int64_t>& number) {
  if (number) json[name] = *number;
}

std::optional<std::int64_t> number(const Json& json, const char* name) {
  const Json& value = json.get(name);
  return value.is_int() ? std::optional(value.as_int()) : std::nullopt;
}

}  // namespace

std::string CommitMetadata::encode() const {
  Json json = Json::object({{"v", kVersion},
                            {"pos", position},
                            {"in", records_in},
                            {"out", records_out},
                            {"dl", dead_letters},
                            {"topicId", truncate_utf8(topic_id, kMaxTopicIdBytes)},
                            {"at", at_ms},
                            {"state", waiting ? "waiting" : "running"},
                            {"problem", truncate_utf8(problem, kMaxProblemBytes)}});
  put(json, "busy", busy_us);
  put(json, "wait", wait_us);
  if (by) json["by"] = *by;
  put(json, "from", seen_from);
  put(json, "seen", seen);
  put(json, "took", took);
  put(json, "gave", gave);
  if (!windows.empty()) json["win"] = windows;
  put(json, "wm", watermark_us);
  put(json, "wm0", watermark_before_us);
  put(json, "wmo", output_watermark_us);
  if (idle) json["idle"] = true;
  if (dead_letters_by_reason) {
    json["why"] = Json::Object(dead_letters_by_reason->begin(), dead_letters_by_reason->end());
  }
  if (!last_error.empty()) json["last"] = truncate_utf8(last_error, kMaxLastErrorBytes);
  if (nulls) json["nulls"] = Json::Array(nulls->begin(), nulls->end());
  std::string text = json.dump();
  for (const char* spare : {"nulls", "why", "last"}) {
    if (text.size() <= kMaxBytes) break;
    json.erase(spare);
    text = json.dump();
  }
  return text;
}

Result<CommitMetadata> CommitMetadata::decode(std::string_view text) {
  if (text.empty()) return invalid("is empty");
  Result<Json> parsed = Json::parse(text);
  if (!parsed) return invalid("is not JSON");
  const Json& json = *parsed;
  if (json.get("v").as_int() != kVersion) return invalid("is of another version");
  for (const char* field : {"pos", "in", "out", "dl", "at"}) {
    if (!json.get(field).is_int()) return invalid(cat("has no number \"", field, "\""));
  }
  CommitMetadata metadata;
  metadata.position = json.get("pos").as_int();
  metadata.records_in = json.get("in").as_int();
  metadata.records_out = json.get("out").as_int();
  metadata.dead_letters = json.get("dl").as_int();
  metadata.busy_us = number(json, "busy");
  metadata.wait_us = number(json, "wait");
  if (const auto by = number(json, "by")) metadata.by = static_cast<int>(*by);
  metadata.seen_from = number(json, "from");
  metadata.seen = number(json, "seen");
  metadata.took = number(json, "took");
  metadata.gave = number(json, "gave");
  metadata.windows = json.get("win").as_string();
  metadata.watermark_us = number(json, "wm");
  metadata.watermark_before_us = number(json, "wm0");
  metadata.output_watermark_us = number(json, "wmo");
  metadata.idle = json.get("idle").as_bool();
  if (json.get("nulls").is_array()) {
    auto& nulls = metadata.nulls.emplace();
    for (const Json& count : json.get("nulls").items()) nulls.push_back(count.as_int());
  }
  if (json.get("why").is_object()) {
    auto& reasons = metadata.dead_letters_by_reason.emplace();
    for (const auto& [reason, count] : json.get("why").members()) reasons[reason] = count.as_int();
  }
  metadata.last_error = json.get("last").as_string();
  metadata.topic_id = json.get("topicId").as_string();
  metadata.at_ms = json.get("at").as_int();
  metadata.waiting = json.get("state").as_string() == "waiting";
  metadata.problem = json.get("problem").as_string();
  return metadata;
}

}  // namespace tidegate::kafka
