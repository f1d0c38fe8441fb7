// Shared by the files of this folder only: where a consumer begins, decided explicitly instead of by auto.offset.reset.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "kafka/consumer.h"

namespace tidegate::kafka {

// Fails when a broker does not answer in time or the topic is missing; ask again then.
Result<std::vector<StartPosition>> start_positions(rd_kafka_t* client, const std::string& topic,
                                                   const std::vector<int>& partitions, const std::string& start,
                                                   bool rewind, Duration timeout);

// What is wrong with reading on at `position` of a partition: DataLost, TopicReplaced, or nothing. `topic_id`: of the
// topic when reading began; "" when not known.
std::optional<Error> position_problem(const std::string& topic, int partition, std::int64_t position,
                                      const std::string& topic_id, const std::string& topic_id_now,
                                      std::int64_t log_start, std::int64_t log_end);

}  // namespace tidegate::kafka
