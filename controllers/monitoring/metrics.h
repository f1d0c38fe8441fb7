// What the process that leads knows of pipelines and Kafka clusters, as metrics.
#pragma once

#include "common/metrics/metrics.h"
#include "controllers/monitoring/monitor.h"

namespace tidegate::controllers {

// Series exist while the monitor holds their object, figures while they are known. `monitor` and `caches` outlive the
// registry's use.
void publish_health(metrics::Registry& registry, const HealthMonitor& monitor, const Caches& caches);

}  // namespace tidegate::controllers
