#include "worker/sources/http_intake.h"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/http/server.h"
#include "kafka/producer.h"
#include "worker/sources/bearer_token.h"
#include "worker/sources/intake_reply.h"
#include "worker/sources/keyed_records.h"
#include "worker/sources/lines.h"

namespace tidegate::sources {

namespace {

constexpr Duration tick{100};
constexpr Duration ask_kafka{1'000};
constexpr Duration queue_pause{5};
constexpr std::size_t slice_records = 4096;  // checked, then handed over, before the next are looked at
constexpr int retry_after_seconds = 5;
constexpr const char* help =
    "Tidegate HTTP intake: POST / with one record a line: application/x-ndjson (JSON objects), text/csv or "
    "text/plain,\n"
    "as the topic's format is.\n"
    "200: all records are in Kafka; 207 and 400 list refused lines; 429 and 503: retry after Retry-After.\n";

// One POST. Kafka's client reads body and keys until every record is acknowledged.
struct Job {
  http::Respond respond;
  std::string body;
  bool single_object = false;
  std::deque<std::string> keys;  // one per slice
  Tally tally;
};

struct Pending {
  std::shared_ptr<kafka::Delivery> delivery;
  http::Respond respond;
  SteadyTime deadline;
};

}  // namespace

struct HttpIntake::Impl {
  Impl(const IntakeOptions& given, metrics::Registry& registry, BearerToken bearer, KeyedRecords checked)
      : options(given), token(std::move(bearer)), keyed(std::move(checked)) {
    make_metrics(registry);
  }

  // What every thread may use.
  const IntakeOptions options;
  BearerToken token;
  mutable std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::shared_ptr<Job>> jobs;
  std::string problem = "Kafka: not reached yet";
  bool stopping = false;
  metrics::Counter records_in;
  metrics::Counter records_out;
  metrics::Gauge bytes_in_flight;
  metrics::Gauge waiting;
  std::map<int, metrics::Counter> answers;
  std::map<std::string, metrics::Counter, std::less<>> rejected;

  // The intake thread's own.
  KeyedRecords keyed;
  std::unique_ptr<kafka::Producer> producer;  // its thread runs acknowledged()
  std::deque<Pending> pending;

  std::mutex stop_once;
  std::thread thread;
  std::unique_ptr<http::Server> server;  // last: its threads use all of the above

  void make_metrics(metrics::Registry& registry);
  Result<void> make_producer();
  void set_problem(const std::string& text);
  std::string current_problem() const;

  std::optional<http::Response> admit(const http::Request& request);
  void handle(http::Request request, http::Respond respond);

  void run();
  void look_at_kafka();
  void expire();
  void process(const std::shared_ptr<Job>& job);
  std::optional<Error> hand_over(Job& job, const std::shared_ptr<kafka::Delivery>& delivery, int partitions);
  std::optional<Error> produce(int partition, std::span<const kafka::OutRecord> records,
                               const std::shared_ptr<kafka::Delivery>& delivery);
  void acknowledged(Job& job, const kafka::Delivery& delivery);
  void stop(Duration grace);
};

void HttpIntake::Impl::make_metrics(metrics::Registry& registry) {
  const auto with = [&](const char* name, std::string value) {
    metrics::Labels labels = options.labels;
    labels[name] = std::move(value);
    return labels;
  };
  records_in = registry.counter("tidegate_stage_records_in_total", options.labels);
  records_out = registry.counter("tidegate_stage_records_out_total", options.labels);
  waiting = registry.gauge("tidegate_stage_waiting", options.labels);
  bytes_in_flight = registry.gauge("tidegate_intake_bytes_in_flight", options.labels);
  for (const int code : {200, 207, 400, 401, 404, 405, 413, 415, 429, 431, 500, 503}) {
    answers[code] = registry.counter("tidegate_intake_requests_total", with("code", std::to_string(code)));
  }
  for (const char* reason : {"Malformed", "MissingField", "WrongType", "Oversized"}) {
    rejected[reason] = registry.counter("tidegate_intake_rejected_records_total", with("reason", reason));
  }
}

Result<void> HttpIntake::Impl::make_producer() {
  producer.reset();
  kafka::ProducerOptions settings;
  settings.client = options.kafka;
  settings.poll_in_background = true;
  auto made = kafka::Producer::create(settings);
  if (!made) return std::move(made).error();
  producer = std::move(made).value();
  return {};
}

void HttpIntake::Impl::set_problem(const std::string& text) {
  const std::lock_guard lock(mutex);
  if (problem == text) return;
  problem = text;
  waiting.set(text.empty() ? 0 : 1);
  if (text.empty()) {
    log::info("intake takes records");
  } else {
    log::warn("intake refuses records", {{"problem", text}});
  }
}

std::string HttpIntake::Impl::current_problem() const {
  const std::lock_guard lock(mutex);
  return problem;
}

std::optional<http::Response> HttpIntake::Impl::admit(const http::Request& request) {
  if (auto refused = refuse_head(request, options.schema.format())) return refused;
  if (request.method == "GET") return std::nullopt;
  if (!token.admits(request.authorization)) {
    http::Response response = refusal(401, "Authorization: Bearer with the token of this source is needed.");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  }
  if (const std::string now = current_problem(); !now.empty()) return refusal(503, now, retry_after_seconds);
  return std::nullopt;
}

void HttpIntake::Impl::handle(http::Request request, http::Respond respond) {
  if (request.method == "GET") {
    http::Response response;
    response.body = help;
    return respond(std::move(response));
  }
  auto job = std::make_shared<Job>();
  job->respond = std::move(respond);
  job->single_object = options.schema.format().kind == codec::Format::Kind::json && is_single_object(request);
  job->body = std::move(request.body);
  const std::lock_guard lock(mutex);
  jobs.push_back(std::move(job));
  wake.notify_one();
}

void HttpIntake::Impl::run() {
  for (;;) {
    std::shared_ptr<Job> job;
    {
      std::unique_lock lock(mutex);
      wake.wait_for(lock, tick, [&] { return stopping || !jobs.empty(); });
      if (stopping) return;
      if (!jobs.empty()) {
        job = std::move(jobs.front());
        jobs.pop_front();
      }
    }
    bytes_in_flight.set(static_cast<double>(server->bytes_in_flight()));
    look_at_kafka();
    expire();
    if (job) process(job);
  }
}

// Finds out whether an outage is over. What waits in the producer's queue is the probe while there is anything: its
// acknowledgement ends the outage. Otherwise the topic is asked for.
void HttpIntake::Impl::look_at_kafka() {
  if (const auto fatal = producer->fatal()) {
    log::error("Kafka producer is of no use any more, making a new one", {{"error", fatal->message}});
    if (auto made = make_producer(); !made) return set_problem(made.error().message);
  }
  if (current_problem().empty() || producer->queued() > 0) return;
  const auto partitions = producer->partitions(options.topic, ask_kafka);
  set_problem(partitions ? "" : partitions.error().message);
}

// The answer of a request must not wait for as long as Kafka is away; its records may still be written later.
void HttpIntake::Impl::expire() {
  const auto now = std::chrono::steady_clock::now();
  while (!pending.empty() && (pending.front().delivery->done() || pending.front().deadline <= now)) {
    if (!pending.front().delivery->done()) {
      const std::string known = producer->connection_problem();
      set_problem(known.empty() ? "Kafka: no acknowledgement in time" : known);
      pending.front().respond(refusal(503, current_problem(), retry_after_seconds));
    }
    pending.pop_front();
  }
}

void HttpIntake::Impl::process(const std::shared_ptr<Job>& job) {
  if (const std::string now = current_problem(); !now.empty()) {
    return job->respond(refusal(503, now, retry_after_seconds));
  }
  const auto partitions = producer->partitions(options.topic, ask_kafka);
  if (!partitions) {
    set_problem(partitions.error().message);
    return job->respond(refusal(503, partitions.error().message, retry_after_seconds));
  }
  const auto delivery =
      kafka::Delivery::create([this, job](const kafka::Delivery& finished) { acknowledged(*job, finished); });
  if (const auto error = hand_over(*job, delivery, *partitions)) {
    job->respond(refusal(503, error->message, retry_after_seconds));
  }
  pending.push_back({delivery, job->respond, std::chrono::steady_clock::now() + options.patience});
  delivery->seal();
}

std::optional<Error> HttpIntake::Impl::hand_over(Job& job, const std::shared_ptr<kafka::Delivery>& delivery,
                                                 int partitions) {
  Lines lines(job.body, job.single_object);
  for (bool more = true; more;) {
    keyed.begin(job.keys.emplace_back());
    while (keyed.size() < slice_records) {
      const std::optional<Line> line = lines.next();
      more = line.has_value();
      if (!more) break;
      records_in.add();
      if (const auto added = keyed.add(line->text); !added) {
        if (const auto found = rejected.find(added.error().reason); found != rejected.end()) found->second.add();
        job.tally.reject(line->number, added.error());
        continue;
      }
      job.tally.accept();
    }
    const auto by_partition = keyed.by_partition(partitions);
    for (std::size_t slot = 0; slot < by_partition.size(); ++slot) {
      if (auto error = produce(static_cast<int>(slot) - 1, by_partition[slot], delivery)) return error;
    }
  }
  return std::nullopt;
}

std::optional<Error> HttpIntake::Impl::produce(int partition, std::span<const kafka::OutRecord> records,
                                               const std::shared_ptr<kafka::Delivery>& delivery) {
  auto last_progress = std::chrono::steady_clock::now();
  while (!records.empty()) {
    const auto taken = producer->produce(options.topic, partition, records, delivery, false);
    if (!taken) return taken.error();
    records = records.subspan(*taken);
    const auto now = std::chrono::steady_clock::now();
    if (*taken > 0) {
      last_progress = now;
      continue;
    }
    expire();
    if (now - last_progress > options.patience) {
      set_problem("Kafka: no room for more records");
      return Error{"KafkaUnavailable", "Kafka: no room for more records"};
    }
    std::unique_lock lock(mutex);
    if (wake.wait_for(lock, queue_pause, [&] { return stopping; })) return Error{"Stopping", "The source is stopping."};
  }
  return std::nullopt;
}

// On the producer's thread.
void HttpIntake::Impl::acknowledged(Job& job, const kafka::Delivery& delivery) {
  records_out.add(static_cast<double>(delivery.acknowledged()));
  if (delivery.failed() > 0) {
    const auto error = delivery.error();
    job.respond(refusal(503, error ? error->message : "Kafka refused records.", retry_after_seconds));
  } else {
    if (delivery.acknowledged() > 0) set_problem("");
    job.respond(job.tally.reply());
  }
  std::string().swap(job.body);  // the Delivery lives on until the next tick
  job.keys.clear();
}

void HttpIntake::Impl::stop(Duration grace) {
  const std::lock_guard once(stop_once);
  server->stop(grace);
  {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  wake.notify_all();
  if (thread.joinable()) thread.join();
  producer.reset();
}

HttpIntake::HttpIntake(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpIntake::~HttpIntake() {
  stop(Duration{0});
}

Result<std::unique_ptr<HttpIntake>> HttpIntake::start(const IntakeOptions& options, metrics::Registry& registry) {
  auto token = BearerToken::from_file(options.token_file);
  if (!token) return std::move(token).error();
  auto records = KeyedRecords::of(options.schema, options.key);
  if (!records) return std::move(records).error();
  auto impl = std::make_unique<Impl>(options, registry, std::move(token).value(), std::move(records).value());
  if (auto made = impl->make_producer(); !made) return std::move(made).error();

  http::Options http;
  http.address = options.address;
  http.port = options.port;
  http.max_body = options.max_body;
  http.max_in_flight = options.max_in_flight;
  http.read_timeout = Duration{30'000};  // a full body over a slow line
  http.admit = [self = impl.get()](const http::Request& request) { return self->admit(request); };
  http.answered = [self = impl.get()](int status) {
    if (const auto found = self->answers.find(status); found != self->answers.end()) found->second.add();
  };
  auto server = http::Server::listen(http, [self = impl.get()](http::Request request, http::Respond respond) {
    self->handle(std::move(request), std::move(respond));
  });
  if (!server) return std::move(server).error();
  impl->server = std::move(server).value();
  impl->thread = std::thread([self = impl.get()] { self->run(); });
  return std::unique_ptr<HttpIntake>(new HttpIntake(std::move(impl)));
}

std::uint16_t HttpIntake::port() const {
  return impl_->server->port();
}

std::string HttpIntake::problem() const {
  return impl_->current_problem();
}

void HttpIntake::stop(Duration grace) {
  impl_->stop(grace);
}

}  // namespace tidegate::sources
