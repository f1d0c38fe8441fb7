// The Kafka of the worker tests: dev/kafka/local on TIDEGATE_TEST_KAFKA ("DIR PORT"), and another cluster on
// TIDEGATE_TEST_OTHER_KAFKA. Tests that stop them and start them again run alone (CMakeLists.txt). "DIR PORT NODES" for
// several nodes, which are stopped elsewhere (tests/faults).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kafka/admin.h"
#include "kafka/commit_metadata.h"
#include "kafka/record.h"

namespace tidegate::worker_test {

// A record as read back, owning its bytes.
struct Stored {
  int partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  std::optional<std::string> key;
  std::string value;
  std::map<std::string, std::string> headers;
  bool tombstone = false;  // the value is Kafka's null
};

struct NewRecord {
  std::optional<std::string> key;
  std::optional<std::string> value;  // nothing: a tombstone
  int partition = 0;
  std::vector<kafka::Header> headers = {};
  std::int64_t timestamp_ms = 0;  // 0: now
};

// Everything throws std::runtime_error when Kafka does not do it within half a minute.
class KafkaServer {
 public:
  static KafkaServer& instance();
  // Of another cluster, started when it is first asked for; in the clear at address(), and at secure_address() with TLS
  // (its authority: ca_file()) for the user `tidegate` with the password `geheim`.
  static KafkaServer& other();
  std::string secure_address() const { return "127.0.0.3:" + std::to_string(std::stoi(port_) + 2); }
  std::string ca_file() const { return directory_ + "/ca.pem"; }

  const std::string& address() const { return address_; }
  kafka::ClientConfig config() const { return {address(), {}, "test"}; }
  kafka::Admin& admin();

  // A new topic with a name that no other test uses, on every node.
  std::string make_topic(int partitions, const std::map<std::string, std::string>& config = {});
  std::string unique(const std::string& prefix);
  void produce(const std::string& topic, const std::vector<NewRecord>& records);
  // All records of a topic up to its stable end now.
  std::vector<Stored> read(const std::string& topic);
  // The committed metadata per partition; nothing where none is committed.
  std::vector<std::optional<kafka::CommitMetadata>> committed(const std::string& group, const std::string& topic,
                                                              int partitions);
  std::vector<std::int64_t> committed_offsets(const std::string& group, const std::string& topic, int partitions);
  // Sum of the log ends.
  std::int64_t end(const std::string& topic, int partitions);
  // Whether no transaction is open in it.
  bool stable(const std::string& topic);
  // Makes records below `offset` disappear, as retention does.
  void delete_records_before(const std::string& topic, int partition, std::int64_t offset);
  // Moves offsets of a group without members that are outside of the log into it, as docs/runbooks/DataLost.md says.
  void move_into_log(const std::string& group, const std::string& topic);

  void start() { run("up", port_ + mode_); }
  void stop(bool crash) { run(crash ? "kill" : "down", ""); }
  // Stops the broker's process in its tracks, and lets it go on.
  void freeze(bool frozen);

 private:
  explicit KafkaServer(const char* variable, std::string mode = "");
  void run(const std::string& verb, const std::string& argument);
  void run_tool(const std::string& tool, const std::string& arguments);

  std::string directory_;
  std::string port_;
  std::string mode_;
  int nodes_ = 1;
  std::string address_;
  std::unique_ptr<kafka::Admin> admin_;
};

}  // namespace tidegate::worker_test
