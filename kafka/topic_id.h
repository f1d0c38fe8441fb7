// Shared by the files of this folder only: what the cluster says a topic is.
#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "kafka/admin.h"
#include "kafka/client.h"
#include "kafka/recurring_question.h"

namespace tidegate::kafka {

// Any kind of client can ask. Topics that do not exist are left out.
Result<std::map<std::string, TopicState>> describe_topics(rd_kafka_t* client, const std::vector<std::string>& names,
                                                          Duration timeout);

// The same now and then, for a thread that cannot wait. `client` must outlive it.
class TopicWatch {
 public:
  TopicWatch(rd_kafka_t* client, std::string topic);
  // To be called often. What a new answer says; a topic that does not exist has no id. Nothing: there is none.
  std::optional<TopicState> news();

 private:
  rd_kafka_t* client_;
  std::string topic_;
  RecurringQuestion question_;
};

}  // namespace tidegate::kafka
