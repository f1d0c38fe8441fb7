#include "kafka/membership.h"

#include <memory>

#include "kafka/transaction_offsets.h"

namespace tidegate::kafka {

void set_membership(ConfBuilder& conf, GroupProtocol protocol, const std::string& group, const std::string& instance) {
  conf.set("group.id", group);
  if (protocol == GroupProtocol::consumer) {
    conf.set("group.protocol", "consumer");
    return;
  }
  conf.set("group.instance.id", instance);
  conf.set("partition.assignment.strategy", "cooperative-sticky");
  conf.set("session.timeout.ms", "6000");  // the lowest a broker allows by default
  // Members hear of a rebalance from the answer to their heartbeat, and a partition that moves needs two rebalances.
  conf.set("heartbeat.interval.ms", "500");
}

bool is_member(rd_kafka_t* client, GroupProtocol protocol) {
  if (protocol == GroupProtocol::consumer) {
    // Its id is of its own making and stays; the epoch goes back to 0.
    const GroupMetadata group(rd_kafka_consumer_group_metadata(client));
    return group != nullptr && rd_kafka_consumer_group_metadata_generation_id(group.get()) > 0;
  }
  const std::unique_ptr<char, void (*)(char*)> id(rd_kafka_memberid(client),
                                                  [](char* text) { rd_kafka_mem_free(nullptr, text); });
  return id != nullptr && *id != '\0';  // the library clears it when it sends the request to leave
}

}  // namespace tidegate::kafka
