// Shared by the files of this folder only: the process_* metrics that Prometheus client libraries agree on.
#pragma once

#include <prometheus/collectable.h>

#include <memory>

namespace tidegate::metrics {

// CPU time, memory, open files, threads and start time of this process, read from /proc/self at scrape time.
std::unique_ptr<prometheus::Collectable> process_metrics();

}  // namespace tidegate::metrics
