// Shared by the files of this folder only: how a consumer belongs to its group, by either of Kafka's two protocols.
#pragma once

#include <string>

#include "kafka/client.h"
#include "kafka/consumer.h"

namespace tidegate::kafka {

// `instance` is used by the classic protocol only: members of the new one are dynamic.
void set_membership(ConfBuilder& conf, GroupProtocol protocol, const std::string& group, const std::string& instance);

// Whether the group still counts this client; false once the request to leave is answered (classic: sent). Waits for
// the library's main thread.
bool is_member(rd_kafka_t* client, GroupProtocol protocol);

}  // namespace tidegate::kafka
