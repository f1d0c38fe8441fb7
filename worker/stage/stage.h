// Runs a processor, a sink, or a source that reads another Kafka.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "common/base/clock.h"
#include "common/metrics/metrics.h"
#include "worker/sinks/sink.h"
#include "worker/stage/health.h"
#include "worker/stage/settings.h"
#include "worker/stage/step.h"

namespace tidegate::stage {

// All return when told to stop, after what was under way is finished and committed. Nothing else ends them: when Kafka
// is away or a client fails they wait, say so through `health`, and go on from the committed position.
void run_processor(const Settings& settings, metrics::Registry& registry, Health& health, const std::stop_token& stop,
                   const StepWrapper& wrap = {});
// A source: records of the other Kafka's topic go out as they are.
void run_forwarder(const Settings& settings, metrics::Registry& registry, Health& health, const std::stop_token& stop,
                   const StepWrapper& wrap = {});
void run_sink(const Settings& settings, std::unique_ptr<sinks::Sink> sink, metrics::Registry& registry, Health& health,
              const std::stop_token& stop, const StepWrapper& wrap = {});
// A sink that keeps state: every life of the clients begins with a new step.
void run_sink(const Settings& settings, const std::function<std::unique_ptr<Step>()>& make_step,
              metrics::Registry& registry, Health& health, const std::stop_token& stop, const StepWrapper& wrap = {});

// Calls `life` until it ends well, which is when it was told to stop. After a failure it is called again, after pauses
// that grow, and the failure is shown: by `health` and `waiting`, and to the next life, as `problem`.
void run_lives(Health& health, const metrics::Gauge& waiting, const std::stop_token& stop,
               const std::function<Result<void>(const std::string& problem)>& life);

// Sleeps, but wakes when told to stop.
void pause_for(Duration time, const std::stop_token& stop);

}  // namespace tidegate::stage
