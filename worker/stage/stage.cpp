#include "worker/stage/stage.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "common/base/log.h"
#include "common/base/text.h"
#include "worker/stage/loop.h"
#include "worker/stage/output.h"
#include "worker/stage/tables.h"

namespace tidegate::stage {
namespace {

constexpr Duration kFirstBackoff{200};
constexpr Duration kLastBackoff{5000};
constexpr Duration kQuietLife{60'000};  // a life of the clients that lasted longer starts the backoff anew
constexpr Duration kInitPatience{15'000};

// `make_step` gives the step for that output topic, and for so many partitions of the
// input topic (known only where windows need it).
template <typename MakeStep>
void run(const Settings& settings, metrics::Registry& registry, Health& health, const std::stop_token& stop,
         MakeStep make_step) {
  StageMetrics metrics(registry, settings);
  run_lives(health, metrics.waiting, stop, [&](const std::string& problem) -> Result<void> {
    kafka::ProducerOptions options;
    options.client = settings.kafka;
    if (settings.exactly_once) options.transactional_id = cat(settings.group, ".", settings.instance);
    auto producer = kafka::Producer::create(options);
    if (!producer) return std::move(producer).error();
    auto output = describe_output(settings, **producer, options.max_record_bytes);
    if (!output) return std::move(output).error();
    // Before the committed positions are read: a transaction that is still open may hold newer ones.
    if (settings.exactly_once) {
      if (auto ready = (*producer)->init_transactions(kInitPatience); !ready) return ready;
    }
    int input_partitions = 0;
    if (settings.window) {
      auto partitions = (*producer)->partitions(settings.input_topic);
      if (!partitions) return std::move(partitions).error();
      input_partitions = *partitions;
    }
    Step& step = make_step(*output, input_partitions);
    return Loop(settings, step, output->partitions, **producer, health, metrics, problem).run(stop);
  });
}

// The same with a new step in every life of the clients. `make_step`: as above, by value.
template <typename MakeStep>
void run_anew(const Settings& settings, metrics::Registry& registry, Health& health, const std::stop_token& stop,
              const StepWrapper& wrap, MakeStep make_step) {
  std::unique_ptr<Step> step;
  run(settings, registry, health, stop, [&](const Output& output, int input_partitions) -> Step& {
    step = make_step(output, input_partitions);
    if (wrap) step = wrap(std::move(step));
    return *step;
  });
}

}  // namespace

void run_lives(Health& health, const metrics::Gauge& waiting, const std::stop_token& stop,
               const std::function<Result<void>(const std::string& problem)>& life) {
  Duration backoff = kFirstBackoff;
  std::string problem;
  while (!stop.stop_requested()) {
    const SteadyTime begin = std::chrono::steady_clock::now();
    const Result<void> outcome = life(problem);
    if (outcome) return;  // told to stop
    problem = outcome.error().message;
    health.set_problem(problem);
    waiting.set(1);
    log::error("the stage starts again", {{"reason", outcome.error().reason}, {"error", problem}});
    if (std::chrono::steady_clock::now() - begin > kQuietLife) backoff = kFirstBackoff;
    pause_for(backoff, stop);
    backoff = std::min(backoff * 2, kLastBackoff);
  }
}

void pause_for(Duration time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
}

void run_processor(const Settings& settings, metrics::Registry& registry, Health& health, const std::stop_token& stop,
                   const StepWrapper& wrap) {
  const auto tables = settings.tables.items().empty() ? nullptr : std::make_shared<Tables>(settings, &registry);
  run_anew(settings, registry, health, stop, wrap, [&](const Output& output, int input_partitions) {
    return settings.window ? windowed_step(settings, output.max_row_bytes, input_partitions)
                           : processor_step(settings, output.max_row_bytes, tables);
  });
}

void run_forwarder(const Settings& settings, metrics::Registry& registry, Health& health, const std::stop_token& stop,
                   const StepWrapper& wrap) {
  run_anew(settings, registry, health, stop, wrap, [](const Output& output, int) { return forward_step(output); });
}

void run_sink(const Settings& settings, std::unique_ptr<sinks::Sink> sink, metrics::Registry& registry, Health& health,
              const std::stop_token& stop, const StepWrapper& wrap) {
  std::unique_ptr<Step> step = sink_step(std::move(sink));
  if (wrap) step = wrap(std::move(step));
  run(settings, registry, health, stop, [&](const Output&, int) -> Step& { return *step; });
}

void run_sink(const Settings& settings, const std::function<std::unique_ptr<Step>()>& make_step,
              metrics::Registry& registry, Health& health, const std::stop_token& stop, const StepWrapper& wrap) {
  run_anew(settings, registry, health, stop, wrap, [&](const Output&, int) { return make_step(); });
}

}  // namespace tidegate::stage
