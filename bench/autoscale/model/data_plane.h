// The simulated stage: a fluid queue per partition, served by replicas in steps of one second.
#pragma once

#include <cstddef>
#include <vector>

namespace tidegate::bench {

// How a change of the replica count reaches the consumers.
enum class Rebalance {
  cooperative,  // only what moves stands still
  eager,        // everything stands still at every change of membership
  restart,      // the whole job stops and starts again with the new count (Flink)
};

struct Setting {
  int partitions = 96;
  int max = 96;              // replicas
  double capacity = 10'000;  // records per second of one replica that runs alone
  double per_doubling = 1;   // capacity of each replica is multiplied by this at every doubling of the count
  double slow_replica = 1;   // factor on the capacity of replica 0
  int start_up = 10;         // seconds from the request to the first record
  Rebalance rebalance = Rebalance::cooperative;
  int cooperative_pause = 1;   // seconds
  int eager_pause = 3;         // seconds
  int restart_up = 60;         // seconds of standstill
  int restart_down = 60;       // seconds of standstill
  double commit_interval = 5;  // seconds, of the group that a lag exporter looks at; phases are spread over partitions
};

// Records per second that `replicas` can take together from evenly filled partitions: c * P / ceil(P / min(r, P)).
double even_capacity(const Setting& setting, int replicas);

// The smallest count whose even_capacity() is at least `rate`; max when none is.
int replicas_for(const Setting& setting, double rate);

// Not thread-safe. Time starts at 0 with `replicas` ready and every partition empty.
class DataPlane {
 public:
  DataPlane(const Setting& setting, int replicas);

  // Asks for a count (clamped to 1..max); takes effect from the next step on. Pods that start count as asked for.
  void request(int replicas);

  // One second passes in which arrivals[p] records arrive evenly at partition p.
  void step(const std::vector<double>& arrivals);

  const Setting& setting() const { return setting_; }
  int now() const { return now_; }      // seconds
  int asked() const { return asked_; }  // replicas, as last requested: what is paid for
  int ready() const { return ready_; }  // replicas that are members of the group
  bool moving() const { return ready_ != asked_ || now_ < paused_until_; }

  // Counters per partition, in records.
  const std::vector<double>& end() const { return end_; }
  const std::vector<double>& position() const { return position_; }
  const std::vector<double>& committed() const { return committed_; }
  const std::vector<int>& owner() const { return owner_; }  // replica of each partition; -1 during a restart

  double processed() const { return processed_; }                          // records, counter
  double busy_seconds() const { return busy_seconds_; }                    // counter over all replicas
  const std::vector<double>& utilisation() const { return utilisation_; }  // of each ready replica in the last second
  double backlog() const;                                                  // records
  double age() const { return age_; }                // seconds since the oldest waiting record arrived; 0: none waits
  double moved_load() const { return moved_load_; }  // counter: rate of what was moved / capacity of one replica

 private:
  double replica_capacity(int replica) const;
  void admit();
  void assign(int members);
  void serve();
  void serve_replica(int replica);
  void commit();
  void remember();
  void look_at_age();

  Setting setting_;
  int now_ = 0;
  int asked_ = 0;
  int ready_ = 0;
  int restart_done_ = 0;
  bool restarting_ = false;
  int paused_until_ = 0;
  std::vector<int> ready_at_;  // of replica i < asked_
  std::vector<int> owner_;
  std::vector<std::vector<int>> owned_;
  std::vector<int> partition_paused_until_;
  std::vector<std::size_t> hungry_;  // scratch of serve_replica()
  std::vector<double> rate_, end_, position_, before_, committed_, utilisation_;
  std::vector<double> history_;  // end_ after each second, a row of partitions a second, from second dropped_ on
  std::size_t dropped_ = 0;
  std::vector<std::size_t> oldest_;  // row of the second in which a partition's oldest waiting record arrived
  double processed_ = 0, busy_seconds_ = 0, age_ = 0, moved_load_ = 0;
};

}  // namespace tidegate::bench
