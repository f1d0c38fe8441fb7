#include "kafka_server.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "common/base/text.h"
#include "kafka/consumer.h"
#include "kafka/producer.h"
#include "tests/paths.h"

namespace tidegate::worker_test {
namespace {

constexpr Duration kPatience{30'000};

template <typename T>
T expect(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// A broker that has just come back does not know its groups nor its leaders yet.
template <typename Request>
auto patiently(Request request) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    auto answer = request();
    if (answer || std::chrono::steady_clock::now() > deadline) return expect(std::move(answer));
    std::this_thread::sleep_for(Duration{200});
  }
}

// Notes what is assigned and where reading begins.
struct Assignment : kafka::AssignmentListener {
  void assigned(const std::vector<kafka::StartPosition>& partitions) override {
    for (const auto& start : partitions) positions[start.partition] = start.position;
  }
  void revoked(const std::vector<int>&, bool) override {}
  std::map<int, std::int64_t> positions;
};

}  // namespace

KafkaServer& KafkaServer::instance() {
  static KafkaServer server("TIDEGATE_TEST_KAFKA");
  return server;
}

KafkaServer& KafkaServer::other() {
  static KafkaServer server("TIDEGATE_TEST_OTHER_KAFKA", " secure");
  server.start();
  return server;
}

KafkaServer::KafkaServer(const char* variable, std::string mode) : mode_(std::move(mode)) {
  const char* place = std::getenv(variable);
  if (place == nullptr) throw std::runtime_error(cat("set ", variable, " to \"DIR PORT\" (tests/worker/run does)"));
  std::istringstream words(place);
  words >> directory_ >> port_;
  if (!(words >> nodes_)) nodes_ = 1;
  address_ = "127.0.0.1:" + port_;
  if (nodes_ == 1) return;
  address_.clear();
  for (int node = 1; node <= nodes_; ++node) {
    address_ += cat(address_.empty() ? "" : ",", "127.0.1.", std::to_string(node), ":", port_);
  }
}

kafka::Admin& KafkaServer::admin() {
  if (!admin_) admin_ = expect(kafka::Admin::connect(config(), kPatience));
  return *admin_;
}

std::string KafkaServer::unique(const std::string& prefix) {
  static int count = 0;
  return cat(prefix, "-", std::to_string(getpid()), "-", std::to_string(++count));
}

std::string KafkaServer::make_topic(int partitions, const std::map<std::string, std::string>& config) {
  const std::string name = unique("topic");
  expect(admin().create_topic({name, partitions, nodes_, config}));
  return name;
}

void KafkaServer::produce(const std::string& topic, const std::vector<NewRecord>& records) {
  kafka::ProducerOptions options;
  options.client = config();
  auto producer = expect(kafka::Producer::create(options));
  const auto delivery = kafka::Delivery::create();
  for (const NewRecord& record : records) {
    const kafka::OutRecord out{record.key, record.value};
    while (expect(record.headers.empty() && record.timestamp_ms == 0
                      ? producer->produce(topic, record.partition, {&out, 1}, delivery, false)
                      : producer->produce_with_headers(topic, record.partition, out, record.headers, delivery,
                                                       record.timestamp_ms)) == 0) {
      producer->poll(Duration{10});
    }
  }
  delivery->seal();
  if (!producer->flush(kPatience) || delivery->failed() > 0) throw std::runtime_error("could not produce to " + topic);
}

bool KafkaServer::stable(const std::string& topic) {
  const int partitions = expect(admin().describe_topics({topic})).at(topic).partitions;
  const auto logs = patiently([&] { return admin().log_offsets({{topic, partitions}}); }).at(topic);
  return std::all_of(logs.begin(), logs.end(), [](const auto& log) { return log.stable == log.end; });
}

std::vector<Stored> KafkaServer::read(const std::string& topic) {
  const int partitions = expect(admin().describe_topics({topic})).at(topic).partitions;
  const auto logs = patiently([&] { return admin().log_offsets({{topic, partitions}}); }).at(topic);
  Assignment assignment;
  kafka::ConsumerOptions options;
  options.client = config();
  options.group = options.instance = unique("reader");
  options.topic = topic;
  auto consumer = expect(kafka::Consumer::create(options, assignment));
  std::vector<Stored> stored;
  std::map<int, std::int64_t> at;
  const auto complete = [&] {
    for (int i = 0; i < partitions; ++i) {
      if (std::max(at[i], logs[static_cast<std::size_t>(i)].start) < logs[static_cast<std::size_t>(i)].stable)
        return false;
    }
    return true;
  };
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!complete()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("could not read " + topic);
    const kafka::Polled polled = expect(consumer->poll(10'000, Duration{100}, Duration{0}));
    for (const auto& end : polled.ends) at[end.partition] = end.position;  // past the markers of transactions
    for (const kafka::Record& record : polled.records.records()) {
      at[record.partition] = record.offset + 1;
      if (record.offset >= logs[static_cast<std::size_t>(record.partition)].stable) continue;
      Stored& one = stored.emplace_back();
      one.partition = record.partition;
      one.offset = record.offset;
      one.timestamp_ms = record.timestamp_ms;
      if (record.key) one.key = std::string(*record.key);
      one.tombstone = !record.value;
      one.value = std::string(record.value.value_or(std::string_view()));
      for (const kafka::Header& header : kafka::headers(record)) one.headers[header.name] = header.value.value_or("");
    }
    for (const auto& end : polled.ends) at[end.partition] = std::max(at[end.partition], end.position);
  }
  return stored;
}

std::vector<std::optional<kafka::CommitMetadata>> KafkaServer::committed(const std::string& group,
                                                                         const std::string& topic, int partitions) {
  std::vector<std::optional<kafka::CommitMetadata>> metadata;
  for (const kafka::CommittedOffset& offset : patiently([&] { return admin().committed(group, topic, partitions); })) {
    metadata.emplace_back();
    if (offset.offset >= 0) metadata.back() = expect(kafka::CommitMetadata::decode(offset.metadata));
  }
  return metadata;
}

std::vector<std::int64_t> KafkaServer::committed_offsets(const std::string& group, const std::string& topic,
                                                         int partitions) {
  std::vector<std::int64_t> offsets;
  for (const auto& offset : patiently([&] { return admin().committed(group, topic, partitions); }))
    offsets.push_back(offset.offset);
  return offsets;
}

std::int64_t KafkaServer::end(const std::string& topic, int partitions) {
  std::int64_t sum = 0;
  for (const auto& log : patiently([&] { return admin().log_offsets({{topic, partitions}}); }).at(topic))
    sum += log.end;
  return sum;
}

void KafkaServer::delete_records_before(const std::string& topic, int partition, std::int64_t offset) {
  const std::string file = directory_ + "/delete-records.json";
  std::ofstream(file) << R"({"version":1,"partitions":[{"topic":")" << topic << R"(","partition":)" << partition
                      << R"(,"offset":)" << offset << "}]}";
  run_tool("kafka-delete-records.sh", "--offset-json-file " + file);
}

void KafkaServer::move_into_log(const std::string& group, const std::string& topic) {
  run_tool("kafka-consumer-groups.sh",
           cat("--group ", group, " --topic ", topic, " --reset-offsets --shift-by 0 --execute"));
}

void KafkaServer::freeze(bool frozen) {
  pid_t pid = 0;
  std::ifstream(directory_ + "/pid") >> pid;
  if (pid <= 0 || kill(pid, frozen ? SIGSTOP : SIGCONT) != 0) throw std::runtime_error("the broker does not run");
}

void KafkaServer::run_tool(const std::string& tool, const std::string& arguments) {
  const std::string command = cat("$(", source_path("dev/kafka/prefix"), ")/bin/", tool, " --bootstrap-server ",
                                  address(), " ", arguments, " >&2");
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

void KafkaServer::run(const std::string& verb, const std::string& argument) {
  const std::string command = cat(source_path("dev/kafka/local"), " ", verb, " '", directory_, "' ", argument, " >&2");
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

}  // namespace tidegate::worker_test
