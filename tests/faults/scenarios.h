// The table of fault scenarios, and how one is played.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "faults.h"
#include "tests/worker/history.h"

namespace tidegate::faults {

enum class Stage { row_wise, windowed };

struct Scenario {
  bool exactly_once = false;
  Stage stage = Stage::row_wise;
  std::vector<Fault> faults;  // overlapping, in this order
  std::string bug;            // of the worker; then this must be found:
  worker_test::Anomaly found = worker_test::Anomaly::lost;

  std::string name() const;
};

std::vector<Scenario> scenarios();

struct Outcome {
  std::int64_t sent = 0;      // records
  std::int64_t expected = 0;  // rows
  std::int64_t received = 0;
  std::string anomalies;  // empty: none
  std::string logs;       // the last lines of the workers'
};

// Two workers under steady load, the faults at moments that `seed` decides, and everything mended; then all that was
// sent must be done in time, and is judged. What keeps it from coming that far is an anomaly too.
Outcome play(const Scenario& scenario, Brokers& brokers, unsigned seed);

}  // namespace tidegate::faults
