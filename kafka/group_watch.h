// Shared by the files of this folder only: finds a partition that no member of the own group owns.
#pragma once

#include <map>
#include <set>
#include <string>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "kafka/client.h"
#include "kafka/recurring_question.h"

namespace tidegate::kafka {

// The partitions of one topic, by the group.instance.id of the member that owns them.
struct GroupView {
  bool settled = false;  // Kafka's state Stable: no rebalance is under way
  std::map<std::string, std::set<int>> members;
};

// A static member that died while it gave partitions up and is back before its session ends gets its old assignment
// without a rebalance. The one that should have given them to somebody else never comes: Kafka holds the group to be
// Stable, and nobody reads those partitions. One member that leaves and joins again sets that right: the first by name
// after ten seconds; should it not, the second after twenty, and so on. Whoever did waits twice as long before the next
// time, as long as something stays without an owner.
class OwnerlessPartitions {
 public:
  explicit OwnerlessPartitions(std::string self) : self_(std::move(self)) {}
  // Whether this member is to leave and join again, by what was seen up to `now`. The topic has so many `partitions`.
  bool should_rejoin(const GroupView& group, int partitions, SteadyTime now);

 private:
  std::string self_;
  std::map<int, SteadyTime> since_;
  int rejoins_ = 0;
};

// Asks for the group now and then, without waiting. Used by one thread; `client` must outlive it.
class GroupWatch {
 public:
  GroupWatch(rd_kafka_t* client, std::string group, std::string topic, const std::string& self);
  // To be called often. As OwnerlessPartitions::should_rejoin().
  bool should_rejoin(int partitions);

 private:
  void ask(rd_kafka_queue_t* queue) const;
  Result<GroupView> read(rd_kafka_event_t* event) const;

  rd_kafka_t* client_;
  std::string group_;
  std::string topic_;
  OwnerlessPartitions ownerless_;
  RecurringQuestion question_;
};

}  // namespace tidegate::kafka
