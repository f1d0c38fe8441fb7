#include "worker/stage/ledger.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "kafka/commit_metadata.h"

namespace tidegate::stage {
namespace {

std::optional<Error> failure_of(const Ledger::Entry& entry) {
  for (const kafka::Delivery* delivery : {entry.rows.get(), entry.dead_letters.get()}) {
    if (delivery != nullptr && delivery->failed() > 0) return delivery->error();
  }
  return std::nullopt;
}

}  // namespace

std::optional<window::Resume> resume_of(const kafka::StartPosition& start) {
  if (!start.committed || start.committed->windows.empty()) return std::nullopt;
  const kafka::CommitMetadata& committed = *start.committed;
  window::Resume resume;
  resume.position = committed.position;
  if (start.position < committed.position) resume.progress.rewind = start.position;
  resume.progress.watermark = committed.watermark_us.value_or(window::kNever);
  resume.progress.watermark_before = committed.watermark_before_us.value_or(window::kNever);
  resume.progress.output = committed.output_watermark_us.value_or(window::kNever);
  return resume;
}

void Ledger::assign(const kafka::StartPosition& start) {
  Partition partition;
  partition.topic_id = start.topic_id;
  partition.position = start.position;
  partition.seen_from = start.position;
  // Of another kind of stage before, which did not store what it took: that is taken, and counted, again.
  const bool again = start.committed && windows_.empty() && start.position < start.committed->position;
  if (start.committed && !again) {
    partition.accounts = Accounts::of(*start.committed);
    // After a worker that did not keep accounts they begin balanced.
    partition.seen_before = start.committed->seen.value_or(start.committed->records_in);
    partition.seen_from = start.committed->seen_from.value_or(start.position - partition.seen_before);
    if (const auto resume = resume_of(start); resume && !windows_.empty()) {
      partition.position = resume->position;
      partition.windows = resume->progress;
    } else if (windows_.empty() && start.committed->watermark_us) {
      const window::Micros watermark = *start.committed->watermark_us;
      partition.windows = {std::nullopt, watermark, window::kNever, watermark};
    }
  }
  if (start.problem) partition.problem = start.problem->message;
  partitions_.insert_or_assign(start.partition, std::move(partition));
}

void Ledger::add(int partition, Entry entry) {
  const auto found = partitions_.find(partition);
  if (found != partitions_.end()) found->second.under_way.push_back(std::move(entry));
}

void Ledger::advance(int partition, Entry entry) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return;
  const Partition& mine = found->second;
  entry.position = mine.under_way.empty() ? mine.position : mine.under_way.back().position;
  entry.seen = mine.under_way.empty() ? mine.seen : mine.under_way.back().seen;
  add(partition, std::move(entry));
}

void Ledger::idle(const std::vector<int>& partitions) {
  for (auto& [number, partition] : partitions_) {
    const bool is = std::find(partitions.begin(), partitions.end(), number) != partitions.end();
    if (std::exchange(partition.idle, is) != is) ++partition.revision;
  }
}

void Ledger::rebuilt(int partition, std::int64_t number) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return;
  found->second.seen_before -= number - found->second.seen;
  found->second.seen = number;
}

void Ledger::reach(int partition, std::int64_t position, std::int64_t seen) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return;
  Partition& mine = found->second;
  const bool idle = mine.under_way.empty();
  std::int64_t& last = idle ? mine.position : mine.under_way.back().position;
  std::int64_t& last_seen = idle ? mine.seen : mine.under_way.back().seen;
  if (idle && position > last) ++mine.revision;
  last = std::max(last, position);
  if (idle) reached_ += std::max<std::int64_t>(seen - last_seen, 0);
  last_seen = std::max(last_seen, seen);
}

void Ledger::hold(int partition, std::string problem) {
  const auto found = partitions_.find(partition);
  if (found != partitions_.end()) found->second.problem = std::move(problem);
}

Ledger::Settled Ledger::settle() {
  Settled settled;
  settled.seen = std::exchange(reached_, 0);
  for (auto& [number, partition] : partitions_) {
    while (!partition.under_way.empty()) {
      Entry& first = partition.under_way.front();
      if (auto failure = failure_of(first)) {
        settled.failed = std::move(failure);
        break;
      }
      if ((first.rows && !first.rows->done()) || (first.dead_letters && !first.dead_letters->done())) break;
      if (first.rows) first.accounts.out += first.rows->acknowledged();
      if (first.dead_letters) first.accounts.dead_letters += first.dead_letters->acknowledged();
      partition.position = first.position;
      ++partition.revision;
      if (first.windows) partition.windows = first.windows;
      partition.accounts.add(first.accounts);
      settled.accounts.add(first.accounts);
      settled.seen += first.seen - partition.seen;
      partition.seen = first.seen;
      settled.samples.insert(settled.samples.end(), first.samples.begin(), first.samples.end());
      partition.under_way.pop_front();
    }
  }
  return settled;
}

std::size_t Ledger::under_way() const {
  std::size_t count = 0;
  for (const auto& entry : partitions_) count += entry.second.under_way.size();
  return count;
}

std::size_t Ledger::under_way(const std::vector<int>& partitions) const {
  std::size_t count = 0;
  for (const int number : partitions) {
    const auto found = partitions_.find(number);
    if (found != partitions_.end()) count += found->second.under_way.size();
  }
  return count;
}

std::int64_t Ledger::records_under_way() const {
  std::int64_t count = 0;
  for (const auto& [number, partition] : partitions_) {
    for (const Entry& entry : partition.under_way) count += entry.accounts.in;
  }
  return count;
}

std::string Ledger::problem() const {
  for (const auto& entry : partitions_) {
    if (!entry.second.problem.empty()) return entry.second.problem;
  }
  return {};
}

bool Ledger::moved() const {
  return std::any_of(partitions_.begin(), partitions_.end(),
                     [](const auto& entry) { return entry.second.committed != entry.second.revision; });
}

std::vector<kafka::Commit> Ledger::commits(bool all, const std::string& stage_problem, std::int64_t now_ms) const {
  std::vector<kafka::Commit> commits;
  for (const auto& [number, partition] : partitions_) {
    if (!all && partition.committed == partition.revision) continue;
    commits.push_back(commit_of(number, partition, stage_problem, now_ms));
  }
  return commits;
}

std::vector<kafka::Commit> Ledger::commits_of(const std::vector<int>& partitions, const std::string& stage_problem,
                                              std::int64_t now_ms) const {
  std::vector<kafka::Commit> commits;
  for (const int number : partitions) {
    const auto found = partitions_.find(number);
    if (found != partitions_.end()) commits.push_back(commit_of(number, found->second, stage_problem, now_ms));
  }
  return commits;
}

kafka::Commit Ledger::commit_of(int number, const Partition& partition, const std::string& stage_problem,
                                std::int64_t now_ms) const {
  kafka::CommitMetadata metadata;
  metadata.position = partition.position;
  metadata.seen_from = partition.seen_from;
  metadata.seen = partition.seen_before + partition.seen;
  partition.accounts.write_to(metadata);
  metadata.by = replica_;
  metadata.topic_id = partition.topic_id;
  metadata.at_ms = now_ms;
  metadata.problem = partition.problem.empty() ? stage_problem : partition.problem;
  metadata.waiting = !metadata.problem.empty();
  std::int64_t offset = partition.position;
  metadata.windows = windows_;
  if (partition.windows) {
    offset = partition.windows->rewind.value_or(offset);
    if (partition.windows->watermark != window::kNever) metadata.watermark_us = partition.windows->watermark;
    if (partition.windows->watermark_before != window::kNever) {
      metadata.watermark_before_us = partition.windows->watermark_before;
    }
    if (partition.windows->output != window::kNever) metadata.output_watermark_us = partition.windows->output;
  }
  metadata.idle = partition.idle && offset == partition.position;
  return {number, offset, metadata.encode(), partition.revision};
}

std::optional<int> ordinal_of(const std::string& instance) {
  const std::size_t dash = instance.rfind('-');
  if (dash == std::string::npos) return std::nullopt;
  int ordinal = 0;
  const char* const end = instance.data() + instance.size();
  const auto read = std::from_chars(instance.data() + dash + 1, end, ordinal);
  return read.ec == std::errc() && read.ptr == end && ordinal >= 0 ? std::optional(ordinal) : std::nullopt;
}

void Ledger::accepted(const std::vector<kafka::Commit>& commits) {
  for (const kafka::Commit& commit : commits) {
    const auto found = partitions_.find(commit.partition);
    if (found != partitions_.end()) found->second.committed = commit.revision;
  }
}

}  // namespace tidegate::stage
