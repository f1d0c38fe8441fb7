// The three brokers of KafkaServer as processes that can be hurt one by one, and the network between them and workers.
#pragma once

#include <string>
#include <vector>

namespace tidegate::faults {

// Nodes are 1 to kNodes; the data of each is on a small file system of its own (tests/faults/run).
constexpr int kNodes = 3;

// Everything throws std::runtime_error when it cannot be done.
class Brokers {
 public:
  Brokers();  // where TIDEGATE_TEST_KAFKA says

  // In parallel, since one alone does not come up; returns when they answer. No-op for those that run.
  void start(const std::vector<int>& nodes);
  void start_all();
  void stop(int node);  // in order
  void stop_all();
  void kill(int node);
  void freeze(int node, bool frozen);
  // Leaves no byte on its disk, or gives them back.
  void fill_disk(int node, bool full);

  // The network drops what goes from one to the other; answers to what is under way still come through.
  void cut_worker(int ordinal, int node);
  void cut_nodes(int from, int to);
  void mend_network();

  // All run, reach each other and have room again, and every replica of the topics is in sync. False: not in time.
  bool repair(const std::vector<std::string>& topics);

  // Whom to hit.
  int leader(const std::string& topic, int partition);
  int group_coordinator(const std::string& group);
  int transaction_coordinator(const std::string& transactional_id);
  int controller() const;

 private:
  std::string directory(int node) const;
  void run(int node, const std::string& verb) const;
  void each(const std::vector<int>& nodes, const std::string& verb);

  std::string directory_;
  std::string port_;
};

}  // namespace tidegate::faults
