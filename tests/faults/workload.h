// A stage under test, what is sent to it and what must come out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/json/json.h"
#include "tests/worker/kafka_server.h"

namespace tidegate::faults {

class Workload {
 public:
  virtual ~Workload() = default;

  virtual Json settings() const = 0;  // stage.json
  virtual std::string input() const = 0;
  virtual std::string output() const = 0;
  virtual std::string dead_letters() const = 0;
  virtual std::string group() const = 0;

  virtual worker_test::NewRecord next() = 0;
  virtual std::vector<worker_test::NewRecord> last() { return {}; }  // what brings the rest out
  virtual std::int64_t sent() const = 0;
  virtual std::int64_t position() const = 0;  // how many of them are done

  virtual std::int64_t expected() const = 0;  // rows
  // What is wrong with the rows, in the order of their partitions, and with what else the stage wrote; empty: nothing.
  virtual std::string anomalies(const std::vector<worker_test::Stored>& rows) const = 0;
};

constexpr int kPartitions = 3;

std::unique_ptr<Workload> row_wise(bool exactly_once);
std::unique_ptr<Workload> windowed();  // at least once

}  // namespace tidegate::faults
