// tidegate-worker: runs one stage of a pipeline, or checks a query, or applies one to a file.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stop_token>
#include <string>
#include <string_view>

#include "common/base/log.h"
#include "common/base/signals.h"
#include "common/base/text.h"
#include "common/http/server.h"
#include "common/json/json.h"
#include "common/metrics/metrics.h"
#include "worker/apply/apply.h"
#include "worker/check/check.h"
#include "worker/codec/schema.h"
#include "worker/sinks/log_sink.h"
#include "worker/sinks/postgres_sink.h"
#include "worker/sources/http_intake.h"
#include "worker/stage/health.h"
#include "worker/stage/settings.h"
#include "worker/stage/stage.h"

using namespace tidegate;

namespace {

constexpr const char* kUsage =
    "usage: tidegate-worker run --config FILE   runs the stage that FILE (stage.json) describes, until SIGTERM\n"
    "       tidegate-worker check               reads {\"topic\", \"fields\", \"query\"} and prints whether it can "
    "run\n"
    "       tidegate-worker apply --request FILE --rejected FILE\n"
    "                                           runs FILE's query, as above, over standard input, a record a line\n"
    "       tidegate-worker --version\n";

int fail(const Error& error) {
  log::error("cannot start", {{"reason", error.reason}, {"error", error.message}});
  return 1;
}

int run_check() {
  const std::string text((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
  const auto request = Json::parse(text);
  if (!request) return fail(std::move(request.error()).context("standard input"));
  std::cout << check(*request).dump() << '\n';
  return 0;
}

int run_apply(const std::string& request_path, const std::string& rejected_path) {
  std::ifstream file(request_path);
  const auto request = Json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  if (!request) return fail(std::move(request.error()).context(request_path));
  std::ofstream rejected(rejected_path);
  std::ios::sync_with_stdio(false);
  const auto applied = apply(*request, std::cin, std::cout, rejected);
  if (!applied) return fail(applied.error());
  rejected.close();
  std::cout.flush();
  if (!rejected || !std::cout) return fail({"WriteFailed", "the results could not be written whole"});
  return 0;
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
  auto fields = codec::Schema::from_json(settings.input_fields);
  if (!fields) return std::move(fields).error();
  return sinks::make_postgres_sink(*settings.postgres_sink, *std::move(fields), settings.kafka.client_id);
}

Result<void> run_source(const stage::Settings& settings, metrics::Registry& registry, stage::Health& health,
                        const std::stop_token& stop) {
  auto fields = codec::Schema::from_json(settings.output_fields);
  if (!fields) return std::move(fields).error();
  sources::IntakeOptions options;
  options.port = settings.http_source->port;
  options.token_file = settings.http_source->token_file;
  options.topic = settings.output_topic;
  options.schema = *std::move(fields);
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

int run_stage(const std::string& config) {
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
      stage::run_processor(*settings, registry, health, signals.token());
      break;
    case stage::Kind::sink: {
      auto sink = make_sink(*settings);
      if (!sink) return fail(sink.error());
      stage::run_sink(*settings, *std::move(sink), registry, health, signals.token());
      break;
    }
    case stage::Kind::source:
      if (auto ran = run_source(*settings, registry, health, signals.token()); !ran) return fail(ran.error());
      break;
  }
  log::info("stage stopped");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "--version" && argc == 2) {
    std::puts("tidegate-worker " TIDEGATE_VERSION);
    return 0;
  }
  if (const char* level = std::getenv("TIDEGATE_LOG_LEVEL")) log::set_level(log::parse_level(level));
  if (command == "check" && argc == 2) return run_check();
  if (command == "apply" && argc == 6 && std::string_view(argv[2]) == "--request" &&
      std::string_view(argv[4]) == "--rejected") {
    return run_apply(argv[3], argv[5]);
  }
  if (command == "run" && argc == 4 && std::string_view(argv[2]) == "--config") return run_stage(argv[3]);
  std::fputs(kUsage, stderr);
  return 2;
}
