// Shared by the files of this folder only: what the cluster says a topic is.
#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "kafka/admin.h"

namespace tidegate::kafka {

// Any kind of client can ask. Topics that do not exist are left out.
Result<std::map<std::string, TopicState>> describe_topics(rd_kafka_t* client, const std::vector<std::string>& names,
                                                          Duration timeout);

// The same in two steps, for a thread that cannot wait: the answer arrives as an event in `queue`.
void ask_topics(rd_kafka_t* client, const std::vector<std::string>& names, Duration timeout, rd_kafka_queue_t* queue);
Result<std::map<std::string, TopicState>> read_topics(rd_kafka_event_t* event);

}  // namespace tidegate::kafka
