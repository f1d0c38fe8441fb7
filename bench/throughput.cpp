// Measures events per CPU-second of the processing process: for each job the contenders in turns on one topic.
// usage: bench_throughput BOOTSTRAP RECORDS ROUNDS FOLDER
// Only the ratio within one run means anything. Fails when the contenders' outputs differ. Flink SQL is one of them if
// its cluster runs in FOLDER (bench/flink/cluster); the worker's settings are left there as JOB.json.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/base/text.h"
#include "common/json/json.h"
#include "events.h"
#include "kafka/admin.h"
#include "kafka/commit_metadata.h"
#include "kafka/murmur2.h"
#include "kafka/producer.h"
#include "measure.h"
#include "reader.h"

using namespace tidegate;
using namespace tidegate::bench;

namespace {

constexpr int kPartitions = 4;
constexpr Duration kPatience{300'000};

// What a topic holds, whatever the order.
struct Content {
  std::uint64_t records = 0;
  std::uint64_t hash = 0;
  friend bool operator==(const Content&, const Content&) = default;
};

// What is done with every event.
struct Job {
  std::string name;
  std::string query;             // of topic `events`
  std::string flink;             // file of the same as Flink SQL
  Json more = Json::object({});  // of the worker's settings
};

Job row_wise() {
  return {"row-wise", R"(SELECT "user", type, amount, country, ts FROM events WHERE amount < 65.35)", "row_wise.sql"};
}

Job tumbling() {
  return {
      "tumbling",
      R"(SELECT "user", window_start, count(*) AS n, CAST(sum(CAST(round(amount * 100) AS BIGINT)) AS BIGINT) AS cents )"
      R"(FROM events GROUP BY "user", window_start)",
      "tumbling.sql", *Json::parse(R"({"window": {"tumbling": {"size": 10000}},
                           "eventTime": {"field": "ts", "maxOutOfOrder": 1000, "maxAhead": 86400000}})")};
}

class Bench {
 public:
  Bench(std::string bootstrap, std::int64_t events, std::string folder) : events_(events), folder_(std::move(folder)) {
    client_.bootstrap_servers = std::move(bootstrap);
    admin_ = must(kafka::Admin::connect(client_));
  }

  // Keyed by their users, and behind them one event in each partition that closes its windows.
  void fill() {
    make_topic(kInput);
    kafka::ProducerOptions options;
    options.client = client_;
    options.linger = Duration{50};
    auto producer = must(kafka::Producer::create(options));
    const auto delivery = kafka::Delivery::create();
    std::vector<Partition> partitions(kPartitions);
    constexpr std::int64_t kChunk = 8000;
    for (std::int64_t n = 0; n < events_; ++n) {
      const auto number = static_cast<std::uint64_t>(n);
      add(partitions, user(number), event(number));
      if (n % kChunk == kChunk - 1) send(*producer, partitions, delivery);
    }
    std::vector<bool> closed(kPartitions);
    for (int i = 0; std::find(closed.begin(), closed.end(), false) != closed.end(); ++i) {
      const std::string user = kClosing + std::to_string(i);
      const auto partition = static_cast<std::size_t>(kafka::partition_of_key(user, kPartitions));
      if (!closed[partition]) add(partitions, user, closing_event(user));
      closed[partition] = true;
    }
    send(*producer, partitions, delivery);
    delivery->seal();
    if (!producer->flush(kPatience) || delivery->failed() > 0) throw std::runtime_error("could not fill the topic");
  }

  Outcome bare(const std::string& output) {
    make_topic(output);
    return measure({BENCH_BARE_LOOP, client_.bootstrap_servers, kInput, output, "bare-" + output,
                    std::to_string(events_ + kPartitions)},
                   [](pid_t) {});
  }

  // The TaskManager's time alone: its JVM has been warmed up by an earlier run, its JobManager and client are for free.
  Outcome flink(const Job& job, const std::string& output) {
    make_topic(output);
    const std::string file = folder_ + "/" + output + ".sql";
    std::string sql = contents(cat(BENCH_FLINK "/", job.flink));
    for (const auto& [name, value] : std::map<std::string, std::string>{
             {"$BOOTSTRAP", client_.bootstrap_servers}, {"$INPUT", kInput}, {"$OUTPUT", output}}) {
      for (std::size_t at = 0; (at = sql.find(name)) != std::string::npos;) sql.replace(at, name.size(), value);
    }
    std::ofstream(file) << sql;
    const pid_t pid = std::stoi(contents(folder_ + "/taskmanager.pid"));
    const double before = cpu_seconds(pid);
    Outcome outcome = measure({BENCH_FLINK "/cluster", "run", folder_, file}, [](pid_t) {});
    outcome.cpu_seconds = cpu_seconds(pid) - before;
    outcome.peak_mib = peak_mib(pid);
    return outcome;
  }

  Outcome worker(const Job& job, const std::string& output, bool exactly_once) {
    make_topic(output);
    make_topic("dead-" + output);
    const std::string config = cat(folder_, "/", job.name, ".json");
    const std::string group = "worker-" + output;
    std::ofstream(config) << settings(job, output, exactly_once).dump();
    Outcome outcome = measure({TIDEGATE_WORKER, "run", "--config", config}, [&](pid_t pid) {
      const auto deadline = std::chrono::steady_clock::now() + kPatience;
      while (position(group) < events_ + kPartitions) {
        if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the worker does not get through");
        std::this_thread::sleep_for(Duration{100});
      }
      kill(pid, SIGTERM);
    });
    remove("dead-" + output);
    return outcome;
  }

  // But for what came of the closing events: the windows that those are in close at the end of the input for Flink,
  // and never for a worker.
  Content content(const std::string& topic) {
    const auto logs = must(admin_->log_offsets({{topic, kPartitions}})).at(topic);
    std::vector<std::int64_t> ends;
    for (const auto& log : logs) ends.push_back(log.stable);
    Reader reader(client_, topic);
    Content content;
    for (auto left = std::count_if(ends.begin(), ends.end(), [](auto end) { return end > 0; }); left > 0;) {
      const auto polled = reader.poll();
      for (const kafka::Record& record : polled.records.records()) {
        const std::string_view value = record.value.value_or("");
        if (value.find(kClosing) != std::string_view::npos) continue;
        content.hash += std::hash<std::string_view>{}(value) | 1;
        ++content.records;
      }
      for (const auto& end : polled.ends) {
        auto& wanted = ends[static_cast<std::size_t>(end.partition)];
        if (wanted > 0 && end.position >= wanted) {
          wanted = 0;
          --left;
        }
      }
    }
    return content;
  }

  void remove(const std::string& topic) { must(admin_->delete_topic(topic)); }

 private:
  static constexpr const char* kInput = "events";

  struct Partition {
    std::vector<std::string> keys, values;
  };

  static void add(std::vector<Partition>& partitions, std::string key, std::string value) {
    Partition& partition = partitions[static_cast<std::size_t>(kafka::partition_of_key(key, kPartitions))];
    partition.keys.push_back(std::move(key));
    partition.values.push_back(std::move(value));
  }

  void send(kafka::Producer& producer, std::vector<Partition>& partitions,
            const std::shared_ptr<kafka::Delivery>& delivery) const {
    for (std::size_t i = 0; i < partitions.size(); ++i) {
      Partition& partition = partitions[i];
      std::vector<kafka::OutRecord> rows;
      for (std::size_t n = 0; n < partition.keys.size(); ++n) rows.push_back({partition.keys[n], partition.values[n]});
      for (std::span<const kafka::OutRecord> rest = rows; !rest.empty();) {
        rest = rest.subspan(must(producer.produce(kInput, static_cast<int>(i), rest, delivery, true)));
        if (!rest.empty()) producer.poll(Duration{5});
      }
      partition = {};
    }
    producer.poll(Duration{0});
  }

  void make_topic(const std::string& name) { must(admin_->create_topic({name, kPartitions, 1, {}})); }

  // Records of the input that the group is done with, whatever of them it still holds in windows.
  std::int64_t position(const std::string& group) {
    std::int64_t sum = 0;
    auto committed = admin_->committed(group, kInput, kPartitions);
    if (!committed) return 0;
    for (const auto& offset : *committed) {
      if (const auto metadata = kafka::CommitMetadata::decode(offset.metadata)) sum += metadata->position;
    }
    return sum;
  }

  Json settings(const Job& job, const std::string& output, bool exactly_once) const {
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
    Json all = job.more;
    all["namespace"] = "bench";
    all["pipeline"] = "bench";
    all["stage"] = job.name;
    all["kind"] = "processor";
    all["kafka"] = Json::object({{"bootstrapServers", client_.bootstrap_servers}});
    all["group"] = "worker-" + output;
    all["input"] = Json::object({{"topic", kInput}, {"fields", fields}, {"key", Json::array({"user"})}});
    all["output"] = Json::object({{"topic", output}});
    all["deadLetters"] = Json::object({{"topic", "dead-" + output}});
    all["sql"] = Json::object({{"query", job.query}});
    all["delivery"] = exactly_once ? "exactly-once" : "at-least-once";
    all["metricsPort"] = 0;
    return all;
  }

  std::int64_t events_;
  std::string folder_;
  kafka::ClientConfig client_;
  std::unique_ptr<kafka::Admin> admin_;
};

struct Contender {
  std::string name;
  std::function<Outcome(const std::string& output)> run;
  std::vector<double> rates = {};   // million events per CPU-second, one a round
  std::vector<double> memory = {};  // MiB, one a round
};

std::vector<double> ratios(const Contender& ours, const Contender& theirs) {
  std::vector<double> values;
  for (std::size_t i = 0; i < ours.rates.size(); ++i) values.push_back(ours.rates[i] / theirs.rates[i]);
  return values;
}

// All contenders, in turns; the first is compared with the others.
void compete(Bench& bench, const Job& job, std::vector<Contender>& contenders, std::int64_t events, int rounds) {
  for (int round = 1; round <= rounds; ++round) {
    std::optional<Content> expected;
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      Contender& contender = contenders[i];
      const std::string topic = cat(job.name, "-", std::to_string(round), "-", std::to_string(i));
      const Outcome outcome = contender.run(topic);
      const Content content = bench.content(topic);
      bench.remove(topic);
      contender.rates.push_back(static_cast<double>(events) / outcome.cpu_seconds / 1e6);
      contender.memory.push_back(static_cast<double>(outcome.peak_mib));
      std::printf("%s, round %d: %-16s %.3f (%.1f s, %ld MiB), %llu rows\n", job.name.c_str(), round,
                  contender.name.c_str(), contender.rates.back(), outcome.wall_seconds, outcome.peak_mib,
                  static_cast<unsigned long long>(content.records));
      std::fflush(stdout);
      if (!expected) expected = content;
      if (*expected != content) {
        throw std::runtime_error(cat("the output of ", contender.name, " differs from that of ", contenders[0].name,
                                     ": ", std::to_string(content.records), " rows and ",
                                     std::to_string(expected->records), " rows"));
      }
    }
  }
}

void report(const Job& job, const std::vector<Contender>& contenders) {
  std::printf("| %s | median | least | most |\n| --- | ---: | ---: | ---: |\n", job.name.c_str());
  for (const Contender& contender : contenders) bench::report(contender.name, contender.rates);
  for (std::size_t i = 1; i < contenders.size(); ++i) {
    bench::report(cat(contenders[0].name, " / ", contenders[i].name), ratios(contenders[0], contenders[i]));
  }
  for (const Contender& contender : contenders) bench::report(contender.name + ", MiB of memory", contender.memory);
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 5) return 2;
  const std::int64_t events = std::atoll(argv[2]);
  const int rounds = std::atoi(argv[3]);
  const std::string folder = argv[4];
  Bench bench(argv[1], events, folder);
  std::printf("filling a topic of %d partitions with %lld events of %zu bytes\n", kPartitions,
              static_cast<long long>(events), event(0).size());
  bench.fill();
  const bool flink = std::ifstream(folder + "/taskmanager.pid").good();
  const std::vector<Job> jobs{row_wise(), tumbling()};
  std::vector<std::vector<Contender>> results;
  for (const Job& job : jobs) {
    std::vector<Contender>& contenders = results.emplace_back();
    contenders.push_back({"tidegate-worker", [&](const std::string& t) { return bench.worker(job, t, false); }});
    contenders.push_back({"exactly once", [&](const std::string& t) { return bench.worker(job, t, true); }});
    if (&job == &jobs.front()) contenders.push_back({"bare loop", [&](const std::string& t) { return bench.bare(t); }});
    if (flink) {
      contenders.push_back({"Flink SQL", [&](const std::string& t) { return bench.flink(job, t); }});
      for (const char* number : {"1", "2"}) {
        const std::string warm_up = cat("warm-up-", job.name, "-", number);
        bench.flink(job, warm_up);
        bench.remove(warm_up);
      }
    }
    compete(bench, job, contenders, events, rounds);
  }
  bench.remove("events");
  std::printf("\nMillion events per CPU-second of the process (user + system); %lld events, %d rounds.\n\n",
              static_cast<long long>(events), rounds);
  for (std::size_t i = 0; i < jobs.size(); ++i) report(jobs[i], results[i]);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench: %s\n", error.what());
  return 1;
}
