// What the topic that a stage writes is like.
#pragma once

#include <cstddef>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "kafka/producer.h"
#include "worker/stage/settings.h"

namespace tidegate::stage {

struct Output {
  int partitions = 0;  // 0: the stage has no output topic
  std::size_t max_row_bytes = 0;
  bool needs_key = false;         // the topic is compacted: it refuses records without a key
  Duration max_ahead{3'600'000};  // how far in the future the time of a record may be; Kafka's default
};

// `max_record_bytes`: what the producer takes. Fails with TopicMissing or KafkaUnavailable.
Result<Output> describe_output(const Settings& settings, kafka::Producer& producer, int max_record_bytes);

}  // namespace tidegate::stage
