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

}  // namespace tidegate::kafka
