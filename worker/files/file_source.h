// Fills a topic from the files of a folder (docs/connectors.md, "File source").
#pragma once

#include <stop_token>

#include "common/base/result.h"
#include "common/metrics/metrics.h"
#include "worker/stage/health.h"
#include "worker/stage/settings.h"

namespace tidegate::files {

// Returns when told to stop. Rows, dead letters and how far it is are one Kafka transaction, so that a row is in the
// topic once whatever happens. When Kafka or the volume is away it waits, says so through `health`, and goes on from
// the committed position. Fails at once with InvalidSchema or InvalidKey.
Result<void> run_file_source(const stage::Settings& settings, metrics::Registry& registry, stage::Health& health,
                             const std::stop_token& stop);

}  // namespace tidegate::files
