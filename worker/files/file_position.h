// How far a file source has come, as it stands beside the offset that it commits.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "kafka/admin.h"
#include "kafka/consumer.h"
#include "worker/files/file_lines.h"
#include "worker/stage/accounts.h"

namespace tidegate::files {

// The offset is the row; the metadata is that of every stage (docs/architecture.md, "Commit metadata") and says beside
// it {"file": {"folder": "in/", "name": "a.csv", "row": 12, "byte": 345, "end": true}}.
struct FilePosition {
  std::string folder;
  std::string name;          // of the last file that was taken; empty: none yet
  Place place;               // in it
  bool end = false;          // nothing of it is left
  stage::Accounts accounts;  // since the group's start, of all files
  std::int64_t seen = 0;     // rows that were read; each is taken or a dead letter

  kafka::Commit commit(const std::string& problem, WallTime now) const;
  // What was committed; without a commit a position at the very beginning. Of another folder only the accounts count.
  // Fails with InvalidMetadata when the offset is not of a file source.
  static Result<FilePosition> of(const kafka::CommittedOffset& committed, const std::string& folder);
};

}  // namespace tidegate::files
