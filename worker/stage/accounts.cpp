#include "worker/stage/accounts.h"

#include <algorithm>
#include <functional>

namespace tidegate::stage {

void Accounts::add(const Accounts& later) {
  in += later.in;
  out += later.out;
  dead_letters += later.dead_letters;
  took += later.took;
  gave += later.gave;
  busy_us += later.busy_us;
  wait_us += later.wait_us;
  if (!later.nulls.empty()) {
    if (nulls.size() != later.nulls.size()) nulls.assign(later.nulls.size(), 0);
    std::transform(nulls.begin(), nulls.end(), later.nulls.begin(), nulls.begin(), std::plus<>());
  }
  for (const auto& [reason, count] : later.reasons) reasons[reason] += count;
  if (!later.last_error.empty()) last_error = later.last_error;
}

Accounts Accounts::of(const kafka::CommitMetadata& committed) {
  Accounts accounts;
  accounts.in = committed.records_in;
  accounts.out = committed.records_out;
  accounts.dead_letters = committed.dead_letters;
  accounts.took = committed.took.value_or(committed.records_in - committed.dead_letters);
  accounts.gave = committed.gave.value_or(committed.records_out);
  accounts.busy_us = committed.busy_us.value_or(0);
  accounts.wait_us = committed.wait_us.value_or(0);
  if (committed.nulls) accounts.nulls = *committed.nulls;
  if (committed.dead_letters_by_reason) accounts.reasons = *committed.dead_letters_by_reason;
  accounts.last_error = committed.last_error;
  return accounts;
}

void Accounts::write_to(kafka::CommitMetadata& metadata) const {
  metadata.records_in = in;
  metadata.records_out = out;
  metadata.dead_letters = dead_letters;
  metadata.took = took;
  metadata.gave = gave;
  metadata.busy_us = busy_us;
  metadata.wait_us = wait_us;
  if (!nulls.empty()) metadata.nulls = nulls;
  metadata.dead_letters_by_reason = reasons;
  metadata.last_error = last_error;
}

}  // namespace tidegate::stage
