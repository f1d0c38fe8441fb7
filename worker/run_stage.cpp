#include "worker/run_stage.h"

#include <memory>
#include <stop_token>
#include <utility>

#include "common/base/log.h"
#include "common/base/signals.h"
#include "common/base/text.h"
#include "common/http/server.h"
#include "common/metrics/metrics.h"
#include "worker/codec/schema.h"
#include "worker/files/file_source.h"
#include "worker/files/file_store.h"
#include "worker/sinks/http_sink.h"
#include "worker/sinks/kafka_sink.h"
#include "worker/sinks/log_sink.h"
#include "worker/sinks/postgres_sink.h"
#include "worker/sinks/s3_store.h"
#include "worker/sources/http_intake.h"
#include "worker/stage/health.h"
#include "worker/stage/settings.h"
#include "worker/stage/stage.h"
#include "worker/stage/tables.h"

namespace tidegate {
namespace {

int fail(const Error& error) {
  log::error("cannot start", {{"reason", error.reason}, {"error", error.message}});
  return 1;
}

http::Handler probes(const metrics::Registry& registry, const stage::Health& health) {
  return [&](http::Request request, http::Respond respond) {
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (path == "/metrics") return respond({200, "text/plain; version=0.0.4; charset=utf-8", registry.render(), {}});
    if (path == "/healthz") return respond({200, "text/plain; charset=utf-8", "ok\n", {}});
    if (path != "/readyz") return respond({404, "text/plain; charset=utf-8", "not found\n", {}});
    const std::string problem = health.problem();
    if (problem.empty()) return respond({200, "text/plain; charset=utf-8", "ok\n", {}});
    respond({503, "text/plain; charset=utf-8", cat(problem, "\n"), {}});
  };
}

Result<std::unique_ptr<sinks::Sink>> make_sink(const stage::Settings& settings) {
  if (settings.log_sink) return sinks::make_log_sink(settings.input_topic);
  if (settings.kafka_sink) return sinks::make_kafka_sink(*settings.kafka_sink);
  auto fields = codec::Schema::from_json(settings.input_fields, settings.input_format);
  if (!fields) return std::move(fields).error();
  if (settings.http_sink) {
    const std::string stage = cat(settings.name_space, "/", settings.pipeline, "/", settings.stage);
    return sinks::make_http_sink(*settings.http_sink, *std::move(fields), stage, settings.input_topic);
  }
  return sinks::make_postgres_sink(*settings.postgres_sink, *std::move(fields), settings.kafka.client_id);
}

Result<std::unique_ptr<objects::Store>> make_store(const stage::Settings& settings) {
  if (settings.file_sink) return files::make_file_store(settings.file_sink->directory, settings.instance);
  return sinks::make_s3_store(*settings.s3_sink);
}

// What cannot be made is known before the stage begins.
Result<void> run_object_sink(const stage::Settings& settings, metrics::Registry& registry, stage::Health& health,
                             const std::stop_token& stop, const stage::StepWrapper& wrap) {
  auto fields = codec::Schema::from_json(settings.input_fields, settings.input_format);
  if (!fields) return std::move(fields).error();
  if (auto store = make_store(settings); !store) return std::move(store).error();
  const auto make_step = [&] {
    return stage::object_step(settings, *stage::objects_of(settings), *fields, *make_store(settings));
  };
  stage::run_sink(settings, make_step, registry, health, stop, wrap);
  return {};
}

}  // namespace

Result<std::unique_ptr<stage::Step>> make_step(const stage::Settings& settings, const stage::Output& output) {
  if (settings.window) {
    return Error{
        "InvalidArguments",
        "the dead letters of a stage with a window cannot be replayed: the windows that they belong to are closed"};
  }
  if (stage::objects_of(settings) != nullptr) {
    return Error{
        "InvalidArguments",
        "the dead letters of an s3 or file sink cannot be replayed: an object holds records of the topic; write them "
        "to the topic again"};
  }
  if (settings.file_source) {
    return Error{"InvalidArguments",
                 "the dead letters of a file source cannot be replayed: put what is mended into a new file"};
  }
  if (settings.kind == stage::Kind::processor) {
    auto tables = settings.tables.items().empty() ? nullptr : std::make_shared<stage::Tables>(settings, nullptr);
    return stage::processor_step(settings, output.max_row_bytes, std::move(tables));
  }
  if (settings.kafka_source) return stage::forward_step(output);
  if (settings.kind == stage::Kind::source)
    return Error{"InvalidArguments", "a source that takes requests has no dead letters"};
  auto sink = make_sink(settings);
  if (!sink) return std::move(sink).error();
  return stage::sink_step(*std::move(sink));
}

namespace {

Result<void> run_intake(const stage::Settings& settings, metrics::Registry& registry, stage::Health& health,
                        const std::stop_token& stop) {
  auto fields = codec::Schema::from_json(settings.output_fields, settings.output_format);
  if (!fields) return std::move(fields).error();
  sources::IntakeOptions options;
  options.port = settings.http_source->port;
  options.token_file = settings.http_source->token_file;
  options.topic = settings.output_topic;
  options.schema = fields->of_values();  // the others come with Kafka
  options.key = settings.output_key;
  options.kafka = settings.kafka;
  options.labels = stage::labels_of(settings);
  auto intake = sources::HttpIntake::start(options, registry);
  if (!intake) return std::move(intake).error();
  constexpr Duration kProbeInterval{500};
  while (!stop.stop_requested()) {
    health.set_problem((*intake)->problem());
    stage::pause_for(kProbeInterval, stop);
  }
  constexpr Duration kGrace{10'000};
  (*intake)->stop(kGrace);
  return {};
}

}  // namespace

int run_stage(const std::string& config, const stage::StepWrapper& wrap) {
  const auto settings = stage::load_settings(config);
  if (!settings) return fail(settings.error());
  const Signals signals;
  metrics::Registry registry;
  stage::Health health;
  http::Options options;
  options.port = settings->metrics_port;
  auto server = http::Server::listen(options, probes(registry, health));
  if (!server) return fail(server.error());
  log::info("stage starts", {{"pipeline", settings->pipeline},
                             {"stage", settings->stage},
                             {"metrics_port", std::to_string((*server)->port())}});
  switch (settings->kind) {
    case stage::Kind::processor:
      stage::run_processor(*settings, registry, health, signals.token(), wrap);
      break;
    case stage::Kind::sink: {
      if (stage::objects_of(*settings) != nullptr) {
        if (auto ran = run_object_sink(*settings, registry, health, signals.token(), wrap); !ran)
          return fail(ran.error());
        break;
      }
      auto sink = make_sink(*settings);
      if (!sink) return fail(sink.error());
      stage::run_sink(*settings, *std::move(sink), registry, health, signals.token(), wrap);
      break;
    }
    case stage::Kind::source: {
      if (settings->kafka_source) {
        stage::run_forwarder(*settings, registry, health, signals.token(), wrap);
        break;
      }
      const auto run = settings->file_source ? files::run_file_source : run_intake;
      if (auto ran = run(*settings, registry, health, signals.token()); !ran) return fail(ran.error());
      break;
    }
  }
  log::info("stage stopped");
  return 0;
}

}  // namespace tidegate
