#include "worker/stage/shares.h"

#include <algorithm>

namespace tidegate::stage {
namespace {

constexpr std::size_t kSamples = 4;  // of the records' timestamps, per batch and partition

// Timestamps grow with the offset, so a few at equal distances tell the ages of all records of the stretch.
std::vector<Ledger::Sample> samples_of(std::span<const kafka::Record> records) {
  std::vector<Ledger::Sample> samples;
  const std::size_t count = std::min(kSamples, records.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = records.size() * i / count;
    const std::size_t end = records.size() * (i + 1) / count;
    const std::int64_t timestamp = records[(begin + end) / 2].timestamp_ms;
    if (timestamp >= 0) samples.push_back({timestamp, static_cast<std::int64_t>(end - begin)});
  }
  return samples;
}

}  // namespace

std::vector<std::pair<int, Ledger::Entry>> share_out(const BatchOutcome& batch) {
  std::vector<std::pair<int, Ledger::Entry>> entries;
  const auto total = static_cast<std::int64_t>(batch.records.size());
  // Consecutive stretches get consecutive parts of a sum, so that nothing is lost to rounding.
  const auto part = [total](std::int64_t sum, std::size_t begin, std::size_t end) {
    return sum * static_cast<std::int64_t>(end) / total - sum * static_cast<std::int64_t>(begin) / total;
  };
  auto rejection = batch.rejections.begin();
  std::int64_t accepted = 0;
  for (std::size_t begin = batch.rebuilt, end = begin; begin < batch.records.size(); begin = end) {
    const int partition = batch.records[begin].partition;
    while (end < batch.records.size() && batch.records[end].partition == partition) ++end;
    Ledger::Entry entry;
    entry.position = batch.records[end - 1].offset + 1;
    entry.seen = batch.records[end - 1].number;
    entry.samples = samples_of(batch.records.subspan(begin, end - begin));
    Accounts& accounts = entry.accounts;
    accounts.in = static_cast<std::int64_t>(end - begin);
    accounts.took = accounts.gave = accounts.in;
    for (; rejection != batch.rejections.end() && rejection->index < end; ++rejection) {
      ++accounts.reasons[rejection->reason];
      accounts.last_error = rejection->summary;
      --accounts.took;
      --accounts.gave;
    }
    accepted += accounts.took;
    accounts.busy_us = part(batch.busy.count(), begin, end);
    accounts.wait_us = part(batch.wait.count(), begin, end);
    for (const std::int64_t nulls : batch.counts.nulls) accounts.nulls.push_back(part(nulls, begin, end));
    if (batch.counts.written) accounts.out = accounts.took;
    entries.emplace_back(partition, std::move(entry));
  }
  if (entries.empty()) return entries;
  entries.front().second.accounts.took += batch.counts.took - accepted;
  entries.front().second.accounts.gave += batch.counts.gave - accepted;
  return entries;
}

}  // namespace tidegate::stage
