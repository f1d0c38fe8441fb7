#include "worker/files/file_position.h"

#include "common/base/encoding.h"
#include "common/base/text.h"
#include "common/json/json.h"
#include "kafka/commit_metadata.h"

namespace tidegate::files {

kafka::Commit FilePosition::commit(const std::string& problem, WallTime now) const {
  kafka::CommitMetadata metadata;
  metadata.position = place.row;
  accounts.write_to(metadata);
  metadata.seen_from = 0;
  metadata.seen = seen;
  metadata.at_ms = epoch_ms(now);
  metadata.problem = problem;
  metadata.waiting = !problem.empty();
  Json json = Json::parse(metadata.encode()).value();
  // A name may be of any bytes.
  json["file"] = Json::object({{"folder", folder},
                               {"name", percent_encode(name, " +,=@()")},
                               {"row", place.row},
                               {"byte", place.byte},
                               {"end", end}});
  return {0, place.row, json.dump()};
}

Result<FilePosition> FilePosition::of(const kafka::CommittedOffset& committed, const std::string& folder) {
  FilePosition position;
  position.folder = folder;
  if (committed.offset < 0) return position;
  const auto metadata = kafka::CommitMetadata::decode(committed.metadata);
  if (!metadata) return metadata.error();
  const Json json = Json::parse(committed.metadata).value();
  const Json& file = json.get("file");
  if (!file.is_object()) {
    return Error{"InvalidMetadata", "the group's offset is not of a source of files; give the stage another name"};
  }
  position.accounts = stage::Accounts::of(*metadata);
  position.seen = metadata->seen.value_or(metadata->records_in);
  if (file.get("folder").as_string() != folder) return position;
  position.name = percent_decode(file.get("name").as_string());
  position.place = {file.get("row").as_int(), file.get("byte").as_int()};
  position.end = file.get("end").as_bool();
  return position;
}

}  // namespace tidegate::files
