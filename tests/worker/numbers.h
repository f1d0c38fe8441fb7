// A stage with everything that must be true of what it did: rows, dead letters and accounts.
#pragma once

#include "history.h"
#include "stages.h"

namespace tidegate::worker_test {

// Even numbers go through, every hundredth record is a dead letter; 97 keys, each in one partition.
class Numbers {
 public:
  explicit Numbers(int partitions, bool exactly_once = true) : stage_(partitions), exactly_once_(exactly_once) {}

  Json settings() const;
  NewRecord next();  // whoever takes it must see it acknowledged
  void produce(int count);
  bool done() const { return stage_.position() == total_; }
  std::int64_t position() const { return stage_.position(); }
  int total() const { return total_; }
  std::int64_t rows() const { return static_cast<std::int64_t>(sent_.size()); }
  const EvenNumbers& stage() const { return stage_; }

  // What is wrong with the output, the dead letters and the accounts; empty: nothing.
  std::string anomalies() const;
  std::string anomalies(const std::vector<Stored>& rows) const;

 private:
  EvenNumbers stage_;
  bool exactly_once_;
  int total_ = 0;
  std::vector<Sent> sent_;
};

}  // namespace tidegate::worker_test
