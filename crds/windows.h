// What a processor with a window needs besides its query.
#pragma once

#include "common/base/result.h"
#include "common/json/json.h"
#include "crds/pipeline.h"

namespace tidegate::crds {

// Checks the window of each processor: event time on a topic that is filled from outside, a key that keeps each group
// in one partition, retention that outlasts the window. Fails with reason InvalidSpec, or KeyMismatch when groups could
// lie in several partitions. Pure.
Result<void> check_windows(const PipelineSpec& spec);

// As workers read them, times in milliseconds: {"tumbling": {"size": 60000}} and
// {"field": "ts", "maxOutOfOrder": 10000, "maxAhead": 3600000}.
Json to_json(const Window& window);
Json to_json(const EventTime& time);

// The fields that every group of the processor's query must contain: the key of its topic; none of a topic with one
// partition.
std::vector<std::string> grouping_key(const PipelineSpec& spec, const Processor& processor);

// The members that a question about the processor's query has besides topic, fields and query: `window`, `eventTime`
// and `inputKey`; none without a window. Precondition: check_windows(spec) succeeded.
Json window_request(const PipelineSpec& spec, const Processor& processor);

}  // namespace tidegate::crds
