#include "kafka/commit_metadata.h"

#include "common/base/text.h"
#include "common/json/json.h"

namespace tidegate::kafka {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kMaxProblemBytes = 300;
constexpr std::size_t kMaxTopicIdBytes = 64;

Error invalid(std::string what) {
  return {"InvalidMetadata", cat("the text beside the committed offset ", what,
                                 "; was the offset committed by something other than Tidegate?")};
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
  if (busy_us) json["busy"] = *busy_us;
  if (wait_us) json["wait"] = *wait_us;
  if (by) json["by"] = *by;
  return json.dump();
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
  if (json.get("busy").is_int()) metadata.busy_us = json.get("busy").as_int();
  if (json.get("wait").is_int()) metadata.wait_us = json.get("wait").as_int();
  if (json.get("by").is_int()) metadata.by = static_cast<int>(json.get("by").as_int());
  metadata.topic_id = json.get("topicId").as_string();
  metadata.at_ms = json.get("at").as_int();
  metadata.waiting = json.get("state").as_string() == "waiting";
  metadata.problem = json.get("problem").as_string();
  return metadata;
}

}  // namespace tidegate::kafka
