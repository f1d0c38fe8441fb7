#include "kafka/group_watch.h"

#include <algorithm>
#include <iterator>

namespace tidegate::kafka {
namespace {

constexpr Duration kInterval{5000};
constexpr Duration kPatience{10'000};  // more than a rebalance takes between giving up and handing over
constexpr int kMostDoublings = 6;

}  // namespace

bool OwnerlessPartitions::should_rejoin(const GroupView& group, int partitions, SteadyTime now) {
  const auto me = group.members.find(self_);
  if (!group.settled || me == group.members.end()) {
    since_.clear();
    return false;
  }
  for (int partition = 0; partition < partitions; ++partition) {
    const bool owned = std::any_of(group.members.begin(), group.members.end(),
                                   [&](const auto& member) { return member.second.contains(partition); });
    owned ? static_cast<void>(since_.erase(partition)) : static_cast<void>(since_.try_emplace(partition, now));
  }
  if (since_.empty()) {
    rejoins_ = 0;
    return false;
  }
  const auto rank = std::distance(group.members.begin(), me);
  const Duration patience = kPatience * (1 + rank) * (1 << std::min(rejoins_, kMostDoublings));
  const bool due =
      std::any_of(since_.begin(), since_.end(), [&](const auto& entry) { return now - entry.second >= patience; });
  if (!due) return false;
  since_.clear();
  ++rejoins_;
  return true;
}

GroupWatch::GroupWatch(rd_kafka_t* client, std::string group, std::string topic, const std::string& self)
    : client_(client),
      group_(std::move(group)),
      topic_(std::move(topic)),
      ownerless_(self),
      question_(client, kInterval) {}

bool GroupWatch::should_rejoin(int partitions) {
  const Event event = question_.answer([this](rd_kafka_queue_t* queue) { ask(queue); });
  if (!event) return false;
  const auto group = read(event.get());
  return group && ownerless_.should_rejoin(*group, partitions, std::chrono::steady_clock::now());
}

void GroupWatch::ask(rd_kafka_queue_t* queue) const {
  const AdminOptions options(rd_kafka_AdminOptions_new(client_, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS));
  char words[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(kRequestTimeout.count()), words,
                                            sizeof words);
  const char* groups[] = {group_.c_str()};
  rd_kafka_DescribeConsumerGroups(client_, groups, 1, options.get(), queue);
}

Result<GroupView> GroupWatch::read(rd_kafka_event_t* event) const {
  if (const auto code = rd_kafka_event_error(event); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return to_error(code, rd_kafka_event_error_string(event)).context("describe group " + group_);
  }
  std::size_t count = 0;
  const auto* groups =
      rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(event), &count);
  if (const rd_kafka_error_t* error = rd_kafka_ConsumerGroupDescription_error(groups[0])) {
    return to_error(rd_kafka_error_code(error), rd_kafka_error_string(error)).context("describe group " + group_);
  }
  GroupView view;
  view.settled = rd_kafka_ConsumerGroupDescription_state(groups[0]) == RD_KAFKA_CONSUMER_GROUP_STATE_STABLE;
  for (std::size_t i = 0; i < rd_kafka_ConsumerGroupDescription_member_count(groups[0]); ++i) {
    const auto* member = rd_kafka_ConsumerGroupDescription_member(groups[0], i);
    const char* instance = rd_kafka_MemberDescription_group_instance_id(member);
    std::set<int>& owned =
        view.members[instance == nullptr ? rd_kafka_MemberDescription_consumer_id(member) : instance];
    const auto* list = rd_kafka_MemberAssignment_partitions(rd_kafka_MemberDescription_assignment(member));
    for (int n = 0; list != nullptr && n < list->cnt; ++n) {
      if (list->elems[n].topic == topic_) owned.insert(list->elems[n].partition);
    }
  }
  return view;
}

}  // namespace tidegate::kafka
