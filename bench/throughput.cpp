// Measures events per CPU-second of the processing process: the contenders in turns on one topic.
// usage: bench_throughput BOOTSTRAP RECORDS ROUNDS FOLDER
// Only the ratio within one run means anything. Fails when the contenders' outputs differ. Flink SQL is one of them if
// its cluster runs in FOLDER (bench/flink/cluster); the worker's settings are left there as stage.json.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "common/base/text.h"
#include "common/json/json.h"
#include "events.h"
#include "kafka/admin.h"
#include "kafka/consumer.h"
#include "kafka/producer.h"

using namespace tidegate;

namespace {

constexpr int kPartitions = 4;
constexpr Duration kPatience{300'000};

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

struct Outcome {
  double cpu_seconds = 0;
  double wall_seconds = 0;
  long max_rss_mib = 0;
};

// What a topic holds, whatever the order.
struct Content {
  std::uint64_t records = 0;
  std::uint64_t hash = 0;
  friend bool operator==(const Content&, const Content&) = default;
};

struct Positions : kafka::AssignmentListener {
  void assigned(const std::vector<kafka::StartPosition>&) override {}
  void revoked(const std::vector<int>&, bool) override {}
};

std::string contents(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Of all threads of a process that runs.
double cpu_seconds(pid_t pid) {
  const std::string stat = contents(cat("/proc/", std::to_string(pid), "/stat"));
  std::istringstream in(stat.substr(stat.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) in >> skipped;
  double user = 0;
  double system = 0;
  in >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

long peak_mib(pid_t pid) {
  const std::string status = contents(cat("/proc/", std::to_string(pid), "/status"));
  return std::stol(status.substr(status.find("VmHWM:") + 6)) / 1024;
}

class Bench {
 public:
  Bench(std::string bootstrap, std::int64_t records, std::string folder)
      : records_(records), folder_(std::move(folder)) {
    client_.bootstrap_servers = std::move(bootstrap);
    admin_ = must(kafka::Admin::connect(client_));
  }

  void fill() {
    make_topic(kInput);
    kafka::ProducerOptions options;
    options.client = client_;
    options.linger = Duration{50};
    auto producer = must(kafka::Producer::create(options));
    const auto delivery = kafka::Delivery::create();
    std::vector<std::string> events;
    std::vector<kafka::OutRecord> rows;
    constexpr std::int64_t kChunk = 2000;
    for (std::int64_t n = 0; n < records_; n += kChunk) {
      events.clear();
      rows.clear();
      for (std::int64_t i = n; i < std::min(n + kChunk, records_); ++i)
        events.push_back(bench::event(static_cast<std::uint64_t>(i)));
      for (const std::string& event : events) rows.push_back({std::nullopt, event});
      for (std::span<const kafka::OutRecord> rest = rows; !rest.empty();) {
        const auto taken =
            must(producer->produce(kInput, static_cast<int>(n / kChunk % kPartitions), rest, delivery, true));
        rest = rest.subspan(taken);
        if (!rest.empty()) producer->poll(Duration{5});
      }
      producer->poll(Duration{0});
    }
    delivery->seal();
    if (!producer->flush(kPatience) || delivery->failed() > 0) throw std::runtime_error("could not fill the topic");
  }

  Outcome bare(const std::string& output) {
    make_topic(output);
    const std::string count = std::to_string(records_);
    return measure({BENCH_BARE_LOOP, client_.bootstrap_servers, kInput, output, "bare-" + output, count}, [](pid_t) {});
  }

  // The TaskManager's time alone: its JVM has been warmed up by an earlier run, its JobManager and client are for free.
  Outcome flink(const std::string& output) {
    make_topic(output);
    const std::string job = folder_ + "/" + output + ".sql";
    std::string sql = contents(BENCH_FLINK "/row_wise.sql");
    for (const auto& [name, value] : std::map<std::string, std::string>{
             {"$BOOTSTRAP", client_.bootstrap_servers}, {"$INPUT", kInput}, {"$OUTPUT", output}}) {
      for (std::size_t at = 0; (at = sql.find(name)) != std::string::npos;) sql.replace(at, name.size(), value);
    }
    std::ofstream(job) << sql;
    const pid_t pid = std::stoi(contents(folder_ + "/taskmanager.pid"));
    const double before = cpu_seconds(pid);
    Outcome outcome = measure({BENCH_FLINK "/cluster", "run", folder_, job}, [](pid_t) {});
    outcome.cpu_seconds = cpu_seconds(pid) - before;
    outcome.max_rss_mib = peak_mib(pid);
    return outcome;
  }

  Outcome worker(const std::string& output) {
    make_topic(output);
    make_topic("dead-" + output);
    const std::string config = folder_ + "/stage.json";
    std::ofstream(config) << settings(output).dump();
    const std::string group = "worker-" + output;
    Outcome outcome = measure({TIDEGATE_WORKER, "run", "--config", config}, [&](pid_t pid) {
      const auto deadline = std::chrono::steady_clock::now() + kPatience;
      for (std::int64_t done = 0; done < records_;) {
        if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the worker does not get through");
        std::this_thread::sleep_for(Duration{100});
        done = 0;
        auto committed = admin_->committed(group, kInput, kPartitions);
        if (!committed) continue;
        for (const auto& offset : *committed) done += std::max<std::int64_t>(offset.offset, 0);
      }
      kill(pid, SIGTERM);
    });
    remove("dead-" + output);
    return outcome;
  }

  Content content(const std::string& topic) {
    const auto logs = must(admin_->log_offsets({{topic, kPartitions}})).at(topic);
    std::int64_t missing = 0;
    for (const auto& log : logs) missing += log.stable;
    Positions listener;
    kafka::ConsumerOptions options;
    options.client = client_;
    options.group = options.instance = "reader-" + topic;
    options.topic = topic;
    auto consumer = must(kafka::Consumer::create(options, listener));
    Content content;
    while (missing > 0) {
      const auto polled = must(consumer->poll(8192, Duration{100}, Duration{0}));
      for (const kafka::Record& record : polled.records.records()) {
        content.hash += std::hash<std::string_view>{}(record.value.value_or("")) | 1;
        ++content.records;
        --missing;
      }
    }
    return content;
  }

  void remove(const std::string& topic) { must(admin_->delete_topic(topic)); }

 private:
  static constexpr const char* kInput = "events";

  void make_topic(const std::string& name) { must(admin_->create_topic({name, kPartitions, 1, {}})); }

  Json settings(const std::string& output) const {
    Json::Array fields;
    for (const auto& [name, type] : std::vector<std::pair<const char*, const char*>>{{"id", "BIGINT"},
                                                                                     {"user", "VARCHAR"},
                                                                                     {"type", "VARCHAR"},
                                                                                     {"amount", "DOUBLE"},
                                                                                     {"country", "VARCHAR"},
                                                                                     {"ts", "TIMESTAMP"},
                                                                                     {"ok", "BOOLEAN"}}) {
      fields.push_back(Json::object({{"name", name}, {"type", type}}));
    }
    return Json::object({{"namespace", "bench"},
                         {"pipeline", "bench"},
                         {"stage", "filter"},
                         {"kind", "processor"},
                         {"kafka", Json::object({{"bootstrapServers", client_.bootstrap_servers}})},
                         {"group", "worker-" + output},
                         {"input", Json::object({{"topic", kInput}, {"fields", fields}})},
                         {"output", Json::object({{"topic", output}})},
                         {"deadLetters", Json::object({{"topic", "dead-" + output}})},
                         {"sql", Json::object({{"query", bench::query(kInput)}})},
                         {"metricsPort", 0}});
  }

  // Runs a program to its end; `meanwhile` may have to end it.
  static Outcome measure(std::vector<std::string> command, const std::function<void(pid_t)>& meanwhile) {
    std::vector<char*> arguments;
    for (std::string& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const auto begin = std::chrono::steady_clock::now();
    const pid_t pid = fork();
    if (pid == 0) {
      if (std::getenv("BENCH_VERBOSE") == nullptr) dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
      execv(arguments[0], arguments.data());
      _exit(127);
    }
    try {
      meanwhile(pid);
    } catch (...) {
      kill(pid, SIGKILL);
      throw;
    }
    int status = 0;
    rusage usage{};
    wait4(pid, &status, 0, &usage);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error(command[0] + " failed");
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    return {seconds(usage.ru_utime) + seconds(usage.ru_stime), wall.count(), usage.ru_maxrss / 1024};
  }

  std::int64_t records_;
  std::string folder_;
  kafka::ClientConfig client_;
  std::unique_ptr<kafka::Admin> admin_;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

void report(const std::string& name, const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  std::printf("| %s | %.3f | %.3f | %.3f |\n", name.c_str(), median(values), *low, *high);
}

struct Contender {
  std::string name;
  std::function<Outcome(const std::string& output)> run;
  std::vector<double> rates;  // million events per CPU-second, one a round
};

std::vector<double> ratios(const Contender& ours, const Contender& theirs) {
  std::vector<double> values;
  for (std::size_t i = 0; i < ours.rates.size(); ++i) values.push_back(ours.rates[i] / theirs.rates[i]);
  return values;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 5) return 2;
  const std::int64_t records = std::atoll(argv[2]);
  const int rounds = std::atoi(argv[3]);
  const std::string folder = argv[4];
  Bench bench(argv[1], records, folder);
  std::printf("filling a topic of %d partitions with %lld events of %zu bytes\n", kPartitions,
              static_cast<long long>(records), bench::event(0).size());
  bench.fill();
  std::vector<Contender> contenders{{"tidegate-worker", [&](const std::string& t) { return bench.worker(t); }, {}},
                                    {"bare loop", [&](const std::string& t) { return bench.bare(t); }, {}}};
  if (std::ifstream(folder + "/taskmanager.pid")) {
    contenders.push_back({"Flink SQL", [&](const std::string& t) { return bench.flink(t); }, {}});
    for (const char* warm_up : {"warm-up-1", "warm-up-2"}) {
      bench.flink(warm_up);
      bench.remove(warm_up);
    }
  }
  for (int round = 1; round <= rounds; ++round) {
    std::optional<Content> expected;
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      Contender& contender = contenders[i];
      const std::string topic = cat("output-", std::to_string(round), "-", std::to_string(i));
      const Outcome outcome = contender.run(topic);
      const Content content = bench.content(topic);
      contender.rates.push_back(static_cast<double>(records) / outcome.cpu_seconds / 1e6);
      std::printf("round %d: %-16s %.3f (%.1f s, %ld MiB), %llu rows\n", round, contender.name.c_str(),
                  contender.rates.back(), outcome.wall_seconds, outcome.max_rss_mib,
                  static_cast<unsigned long long>(content.records));
      std::fflush(stdout);
      if (!expected) expected = content;
      if (*expected != content) {
        std::fprintf(stderr, "bench: the output of %s differs from that of %s: %llu rows and %llu rows\n",
                     contender.name.c_str(), contenders[0].name.c_str(),
                     static_cast<unsigned long long>(content.records),
                     static_cast<unsigned long long>(expected->records));
        return 1;
      }
      bench.remove(topic);
    }
  }
  bench.remove("events");
  std::printf("\nMillion events per CPU-second of the process (user + system); %lld events, %d rounds.\n\n",
              static_cast<long long>(records), rounds);
  std::printf("| | median | least | most |\n| --- | ---: | ---: | ---: |\n");
  for (const Contender& contender : contenders) report(contender.name, contender.rates);
  for (std::size_t i = 1; i < contenders.size(); ++i) {
    report("tidegate-worker / " + contenders[i].name, ratios(contenders[0], contenders[i]));
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench: %s\n", error.what());
  return 1;
}
