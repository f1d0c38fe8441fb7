// The rule of Google Dataflow's streaming autoscaler as Palo Alto Networks published it for Beam on Flink.
// Source: apache/beam website, "Apache Beam, Flink and Kubernetes", part 3.
#pragma once

#include "bench/autoscale/model/controller.h"

namespace tidegate::bench {

struct DataflowSettings {
  int interval = 60;        // seconds between evaluations, over which figures are averaged
  double up_backlog = 120;  // seconds of backlog
  double up_cpu = 0.9;
  double clear_within = 60;  // seconds, for the backlog
  double down_backlog = 10;  // seconds of backlog
  double down_cpu = 0.7;
  double target_cpu = 0.75;  // where it lands when going down
};
Contender dataflow(const std::string& name, const DataflowSettings& settings);

struct DataflowFigures {
  double throughput = 0;  // records per second
  double growth = 0;      // of the backlog, records per second
  double backlog = 0;     // records
  double cpu = 0;
};
int dataflow_workers(const DataflowSettings& settings, const DataflowFigures& figures, int workers, int max);

}  // namespace tidegate::bench
