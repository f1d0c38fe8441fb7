// What a stage counts about records; docs/architecture.md, "Commit metadata", says what each figure means.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kafka/commit_metadata.h"

namespace tidegate::stage {

// Plain sums over some stretch of one or more partitions. Each of took, gave, out and dead_letters comes from another
// part of the worker, so that they balance only if nothing was lost between them.
struct Accounts {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t dead_letters = 0;
  std::int64_t took = 0;
  std::int64_t gave = 0;
  std::int64_t busy_us = 0;
  std::int64_t wait_us = 0;
  std::vector<std::int64_t> nulls;              // per input field; empty: fields are not read
  std::map<std::string, std::int64_t> reasons;  // dead letters by reason
  std::string last_error;                       // of the latest of them

  // Later records: their last error is the latest, their number of fields the present one.
  void add(const Accounts& later);

  // What was committed. Accounts that an older worker did not keep begin so that they balance.
  static Accounts of(const kafka::CommitMetadata& committed);
  void write_to(kafka::CommitMetadata& metadata) const;
};

}  // namespace tidegate::stage
