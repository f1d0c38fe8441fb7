#include "brokers.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "common/base/text.h"
#include "common/json/json.h"
#include "tests/paths.h"
#include "tests/worker/kafka_server.h"
#include "tests/worker/worker_process.h"

namespace tidegate::faults {
namespace {

constexpr Duration kPatience{60'000};
// What a process may not reach is told by its Unix group, the only thing by which a firewall knows local senders.
constexpr int kNodeGroup = 7000;
constexpr int kWorkerGroup = 7100;  // tests/faults/worker

void shell(const std::string& command) {
  if (std::system((command + " >&2").c_str()) != 0) throw std::runtime_error("failed: " + command);
}

void drop(int group, int node) {
  shell(cat("iptables -w -A OUTPUT -p tcp -d 127.0.1.", std::to_string(node), " -m owner --gid-owner ",
            std::to_string(group), " -j DROP"));
}

// As Kafka spreads groups and transactional ids over partitions: Java's hash of a string.
int place(const std::string& name, int partitions) {
  std::uint32_t hash = 0;
  for (const char letter : name) hash = 31 * hash + static_cast<unsigned char>(letter);
  return static_cast<int>((hash & 0x7fffffffU) % static_cast<std::uint32_t>(partitions));
}

const std::vector<int> kAllNodes = {1, 2, 3};
constexpr const char* kGroups = "__consumer_offsets";
constexpr const char* kTransactions = "__transaction_state";
constexpr int kInternalPartitions = 4;  // of both (dev/kafka/local)

}  // namespace

Brokers::Brokers() {
  const char* where = std::getenv("TIDEGATE_TEST_KAFKA");
  if (where == nullptr) throw std::runtime_error("set TIDEGATE_TEST_KAFKA (tests/faults/run does)");
  std::istringstream(where) >> directory_ >> port_;
}

std::string Brokers::directory(int node) const {
  return cat(directory_, "/", std::to_string(node));
}

void Brokers::run(int node, const std::string& verb) const {
  std::string command = cat(source_path("dev/kafka/local"), " ", verb, " ", directory(node));
  if (verb == "up") {
    command = cat("setpriv --regid=", std::to_string(kNodeGroup + node), " --clear-groups ", command, " ", port_, " ",
                  std::to_string(node), " ", std::to_string(kNodes));
  }
  shell(command);
}

void Brokers::each(const std::vector<int>& nodes, const std::string& verb) {
  std::vector<std::jthread> runs;
  for (const int node : nodes) {
    runs.emplace_back([this, node, verb] {
      try {
        run(node, verb);
      } catch (const std::exception&) {
        // Its words are in the output; repair() sees a node that is not there.
      }
    });
  }
}

void Brokers::start(const std::vector<int>& nodes) {
  each(nodes, "up");
}

void Brokers::start_all() {
  each(kAllNodes, "up");
}

void Brokers::stop_all() {
  each(kAllNodes, "down");
}

void Brokers::stop(int node) {
  run(node, "down");
}

void Brokers::kill(int node) {
  run(node, "kill");
}

void Brokers::freeze(int node, bool frozen) {
  pid_t pid = 0;
  std::ifstream(directory(node) + "/pid") >> pid;
  if (pid > 1) ::kill(pid, frozen ? SIGSTOP : SIGCONT);  // one that is gone hangs no more
}

void Brokers::fill_disk(int node, bool full) {
  const std::string disk = directory(node) + "/data";
  const std::string ballast = disk + "/ballast";
  // dd ends with an error when the disk is full: that is the purpose.
  shell(full ? cat("dd if=/dev/zero of=", ballast, " bs=64k 2>/dev/null || true") : cat("rm -f ", ballast));
}

void Brokers::cut_worker(int ordinal, int node) {
  drop(kWorkerGroup + ordinal, node);
}

void Brokers::cut_nodes(int from, int to) {
  drop(kNodeGroup + from, to);
}

void Brokers::mend_network() {
  shell("iptables -w -F OUTPUT");
}

bool Brokers::repair(const std::vector<std::string>& topics) {
  mend_network();
  for (int node = 1; node <= kNodes; ++node) {
    fill_disk(node, false);
    freeze(node, false);
  }
  start_all();
  return worker_test::eventually(
      [&] {
        auto& admin = worker_test::KafkaServer::instance().admin();
        const auto brokers = admin.brokers();
        if (!brokers || *brokers != kNodes) return false;
        std::vector<std::string> all = topics;
        all.insert(all.end(), {kGroups, kTransactions});  // which are there once they were needed
        const auto states = admin.describe_topics(all);
        if (!states || std::any_of(topics.begin(), topics.end(), [&](const auto& t) { return !states->contains(t); })) {
          return false;
        }
        return std::all_of(states->begin(), states->end(), [](const auto& state) {
          return state.second.under_replicated == 0 && state.second.offline == 0;
        });
      },
      kPatience);
}

int Brokers::leader(const std::string& topic, int partition) {
  using Client = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;
  char words[512] = {};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", worker_test::KafkaServer::instance().address().c_str(), words,
                    sizeof words);
  const Client client(rd_kafka_new(RD_KAFKA_PRODUCER, conf, words, sizeof words), rd_kafka_destroy);
  if (!client) throw std::runtime_error(words);
  int node = -1;
  const auto found = [&] {
    const std::unique_ptr<rd_kafka_topic_t, decltype(&rd_kafka_topic_destroy)> handle(
        rd_kafka_topic_new(client.get(), topic.c_str(), nullptr), rd_kafka_topic_destroy);
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(client.get(), 0, handle.get(), &metadata, 5000) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    if (metadata->topic_cnt == 1 && partition < metadata->topics[0].partition_cnt) {
      node = metadata->topics[0].partitions[partition].leader;
    }
    rd_kafka_metadata_destroy(metadata);
    return node > 0;
  };
  if (!worker_test::eventually(found)) throw std::runtime_error(cat("topic ", topic, " has no leader"));
  return node;
}

int Brokers::group_coordinator(const std::string& group) {
  return leader(kGroups, place(group, kInternalPartitions));
}

int Brokers::transaction_coordinator(const std::string& transactional_id) {
  return leader(kTransactions, place(transactional_id, kInternalPartitions));
}

int Brokers::controller() const {
  std::int64_t latest = -1;
  int node = 1;
  for (int each = 1; each <= kNodes; ++each) {
    std::ifstream file(directory(each) + "/data/__cluster_metadata-0/quorum-state");
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const auto state = Json::parse(text);
    if (!state || state->get("leaderEpoch").as_int() <= latest || state->get("leaderId").as_int() < 1) continue;
    latest = state->get("leaderEpoch").as_int();
    node = static_cast<int>(state->get("leaderId").as_int());
  }
  return node;
}

}  // namespace tidegate::faults
