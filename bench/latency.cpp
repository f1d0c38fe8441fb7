// Measures how long a record takes from the producer's call to a reader of the output, at a steady rate that is far
// below what the contenders can do: the worker and the bare loop in turns.
// usage: bench_latency BOOTSTRAP RATE SECONDS ROUNDS FOLDER
#include <algorithm>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "common/base/text.h"
#include "common/json/json.h"
#include "events.h"
#include "kafka/admin.h"
#include "kafka/producer.h"
#include "measure.h"
#include "reader.h"

using namespace tidegate;
using namespace tidegate::bench;

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kPartitions = 4;
constexpr Duration kPatience{60'000};
constexpr std::size_t kUserDigits = 6;
constexpr const char* kUser = "\"user-";

// An event that passes, whose user is its number: that is how it is known again in the output.
std::string numbered(std::size_t number) {
  std::string json = event(0);
  const std::string digits = std::to_string(number);
  json.replace(json.find(kUser) + std::char_traits<char>::length(kUser), kUserDigits,
               std::string(kUserDigits - digits.size(), '0') + digits);
  const std::size_t amount = json.find("\"amount\":") + 9;
  return json.replace(amount, json.find(',', amount) - amount, "12.34");
}

std::size_t number_of(std::string_view row) {
  const std::size_t at = row.find(kUser);
  std::size_t number = 0;
  if (at == std::string_view::npos) throw std::runtime_error("a row without its user");
  const char* digits = row.data() + at + std::char_traits<char>::length(kUser);
  std::from_chars(digits, digits + kUserDigits, number);
  return number;
}

class Bench {
 public:
  Bench(std::string bootstrap, std::size_t rate, std::size_t seconds, std::string folder)
      : rate_(rate), count_(rate * seconds), folder_(std::move(folder)) {
    client_.bootstrap_servers = std::move(bootstrap);
    admin_ = must(kafka::Admin::connect(client_));
  }

  // Milliseconds of each record, sorted, but for those of the first quarter, in which the contender begins.
  std::vector<double> run(const std::string& name, bool worker) {
    const std::string input = name + "-in", output = name + "-out", dead = name + "-dead";
    for (const std::string& topic : {input, output, dead}) must(admin_->create_topic({topic, kPartitions, 1, {}}));
    std::vector<std::string> command{BENCH_BARE_LOOP,       client_.bootstrap_servers, input, output, name,
                                     std::to_string(count_)};
    if (worker) {
      const std::string config = folder_ + "/latency.json";
      std::ofstream(config) << settings(name, input, output, dead).dump();
      command = {TIDEGATE_WORKER, "run", "--config", config};
    }
    std::vector<double> taken;
    measure(command, [&](pid_t pid) {
      taken = pass(input, output);
      if (worker) kill(pid, SIGTERM);
    });
    for (const std::string& topic : {input, output, dead}) must(admin_->delete_topic(topic));
    taken.erase(taken.begin(), taken.begin() + static_cast<std::ptrdiff_t>(count_ / 4));
    std::sort(taken.begin(), taken.end());
    return taken;
  }

 private:
  // By number of the record.
  std::vector<double> pass(const std::string& input, const std::string& output) {
    std::vector<std::atomic<SteadyClock::rep>> sent(count_);
    std::vector<double> taken(count_, -1);
    std::jthread sender([&](const std::stop_token& stop) { send(input, sent, stop); });
    Reader reader(client_, output);
    const auto deadline = SteadyClock::now() + kPatience + std::chrono::seconds(count_ / rate_);
    for (std::size_t missing = count_; missing > 0;) {
      if (SteadyClock::now() > deadline) throw std::runtime_error(std::to_string(missing) + " rows did not come");
      const auto polled = reader.poll();
      const auto now = SteadyClock::now().time_since_epoch();
      for (const kafka::Record& record : polled.records.records()) {
        const std::size_t number = number_of(record.value.value_or(""));
        if (taken.at(number) >= 0) continue;
        taken[number] = std::chrono::duration<double, std::milli>(now - SteadyClock::duration(sent[number])).count();
        --missing;
      }
    }
    return taken;
  }

  void send(const std::string& input, std::vector<std::atomic<SteadyClock::rep>>& sent, const std::stop_token& stop) {
    kafka::ProducerOptions options;
    options.client = client_;
    options.linger = Duration{1};
    auto producer = must(kafka::Producer::create(options));
    const auto delivery = kafka::Delivery::create();
    const auto begin = SteadyClock::now();
    for (std::size_t n = 0; n < sent.size() && !stop.stop_requested(); ++n) {
      const auto due = begin + std::chrono::nanoseconds(1'000'000'000ull * n / rate_);
      while (SteadyClock::now() < due) producer->poll(Duration{1});
      const std::string json = numbered(n);
      const kafka::OutRecord row{std::nullopt, json};
      sent[n] = SteadyClock::now().time_since_epoch().count();
      must(producer->produce(input, static_cast<int>(n % kPartitions), {&row, 1}, delivery, true));
    }
    delivery->seal();
    producer->flush(kPatience);
  }

  Json settings(const std::string& group, const std::string& input, const std::string& output,
                const std::string& dead) const {
    Json settings = *Json::parse(R"({"namespace": "bench", "pipeline": "bench", "stage": "filter", "kind": "processor",
      "metricsPort": 0, "input": {"fields": [{"name": "user", "type": "VARCHAR"}, {"name": "type", "type": "VARCHAR"},
      {"name": "amount", "type": "DOUBLE"}, {"name": "country", "type": "VARCHAR"}, {"name": "ts", "type": "TIMESTAMP"}]}})");
    settings["kafka"] = Json::object({{"bootstrapServers", client_.bootstrap_servers}});
    settings["group"] = group;
    settings["input"]["topic"] = input;
    settings["output"] = Json::object({{"topic", output}});
    settings["deadLetters"] = Json::object({{"topic", dead}});
    settings["sql"] = Json::object(
        {{"query", cat(R"(SELECT "user", type, amount, country, ts FROM ")", input, R"(" WHERE amount < 65.35)")}});
    return settings;
  }

  std::size_t rate_, count_;
  std::string folder_;
  kafka::ClientConfig client_;
  std::unique_ptr<kafka::Admin> admin_;
};

double quantile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(static_cast<double>(sorted.size() - 1) * share)];
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 6) return 2;
  const auto rate = static_cast<std::size_t>(std::atoll(argv[2]));
  const auto seconds = static_cast<std::size_t>(std::atoll(argv[3]));
  if (rate * seconds > 999'999) throw std::runtime_error("a number has six digits: fewer records");
  const int rounds = std::atoi(argv[4]);
  Bench bench(argv[1], rate, seconds, argv[5]);
  std::vector<double> half[2], most[2], ratio;
  for (int round = 1; round <= rounds; ++round) {
    for (const bool bare : {false, true}) {
      const auto taken = bench.run(cat("latency-", std::to_string(round), bare ? "-bare" : "-worker"), !bare);
      half[bare].push_back(quantile(taken, 0.5));
      most[bare].push_back(quantile(taken, 0.99));
    }
    ratio.push_back(most[0].back() / most[1].back());
  }
  std::printf(
      "\nMilliseconds from a producer to a reader of the output, at %zu events a second; %d rounds of %zu s.\n\n", rate,
      rounds, seconds);
  std::printf("| latency | median | least | most |\n| --- | ---: | ---: | ---: |\n");
  report("tidegate-worker, half of the records within", half[0]);
  report("tidegate-worker, 99 % within", most[0]);
  report("bare loop, half of the records within", half[1]);
  report("bare loop, 99 % within", most[1]);
  report("tidegate-worker / bare loop, 99 %", ratio);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench: %s\n", error.what());
  return 1;
}
