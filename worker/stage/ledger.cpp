#include "worker/stage/ledger.h"

#include <algorithm>
#include <charconv>

#include "kafka/commit_metadata.h"

namespace tidegate::stage {

void Ledger::assign(const kafka::StartPosition& start) {
  Partition partition;
  partition.topic_id = start.topic_id;
  partition.done.position = start.position;
  if (start.committed) {
    partition.done.in = start.committed->records_in;
    partition.done.out = start.committed->records_out;
    partition.done.dead_letters = start.committed->dead_letters;
    partition.done.busy_us = start.committed->busy_us.value_or(0);
    partition.done.wait_us = start.committed->wait_us.value_or(0);
  }
  if (start.problem) partition.problem = start.problem->message;
  partitions_.insert_or_assign(start.partition, std::move(partition));
}

void Ledger::add(int partition, Entry entry) {
  const auto found = partitions_.find(partition);
  if (found != partitions_.end()) found->second.under_way.push_back(std::move(entry));
}

void Ledger::reach(int partition, std::int64_t position) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return;
  std::int64_t& last =
      found->second.under_way.empty() ? found->second.done.position : found->second.under_way.back().position;
  last = std::max(last, position);
}

void Ledger::hold(int partition, std::string problem) {
  const auto found = partitions_.find(partition);
  if (found != partitions_.end()) found->second.problem = std::move(problem);
}

Ledger::Settled Ledger::settle() {
  Settled settled;
  for (auto& [number, partition] : partitions_) {
    while (!partition.under_way.empty()) {
      const Entry& first = partition.under_way.front();
      if (first.delivery) {
        if (first.delivery->failed() > 0) {
          settled.failed = first.delivery->error();
          break;
        }
        if (!first.delivery->done()) break;
      }
      partition.done.position = first.position;
      partition.done.in += first.in;
      partition.done.out += first.out;
      partition.done.dead_letters += first.dead_letters;
      partition.done.busy_us += first.busy_us;
      partition.done.wait_us += first.wait_us;
      settled.in += first.in;
      settled.out += first.out;
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

std::string Ledger::problem() const {
  for (const auto& entry : partitions_) {
    if (!entry.second.problem.empty()) return entry.second.problem;
  }
  return {};
}

bool Ledger::moved() const {
  return std::any_of(partitions_.begin(), partitions_.end(),
                     [](const auto& entry) { return entry.second.committed != entry.second.done.position; });
}

std::vector<kafka::Commit> Ledger::commits(bool all, const std::string& stage_problem, std::int64_t now_ms) const {
  std::vector<kafka::Commit> commits;
  for (const auto& [number, partition] : partitions_) {
    if (!all && partition.committed == partition.done.position) continue;
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
  metadata.position = partition.done.position;
  metadata.records_in = partition.done.in;
  metadata.records_out = partition.done.out;
  metadata.dead_letters = partition.done.dead_letters;
  metadata.busy_us = partition.done.busy_us;
  metadata.wait_us = partition.done.wait_us;
  metadata.by = replica_;
  metadata.topic_id = partition.topic_id;
  metadata.at_ms = now_ms;
  metadata.problem = partition.problem.empty() ? stage_problem : partition.problem;
  metadata.waiting = !metadata.problem.empty();
  return {number, partition.done.position, metadata.encode()};
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
    if (found != partitions_.end()) found->second.committed = commit.offset;
  }
}

}  // namespace tidegate::stage
