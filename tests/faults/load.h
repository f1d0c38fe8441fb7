// What goes on while something breaks: records are written to the stage's input, and its output is read.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "workload.h"

namespace tidegate::faults {

// Writes records steadily on a thread of its own. Each is written until Kafka acknowledges it, so all count as sent.
class Load {
 public:
  explicit Load(Workload& workload);
  // Writes what is left and waits for the last acknowledgement; throws when Kafka refuses one for good.
  void finish();

 private:
  Workload& workload_;
  std::string problem_;
  std::jthread thread_;
};

// Reads committed rows as they come, as a sink would.
class Watch {
 public:
  explicit Watch(const std::string& topic);
  void finish() { thread_ = {}; }
  std::int64_t rows() const { return rows_; }  // seen so far

  // What it saw that does not fit to all rows, read in the end; empty: nothing. A row that is not there any more came
  // from a transaction that was aborted, or not committed yet.
  std::string anomalies(const std::vector<worker_test::Stored>& all) const;

 private:
  using Place = std::pair<int, std::int64_t>;  // partition, offset
  std::vector<std::pair<Place, std::string>> seen_;
  std::atomic<std::int64_t> rows_ = 0;
  std::jthread thread_;
};

}  // namespace tidegate::faults
