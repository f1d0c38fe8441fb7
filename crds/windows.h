// What a processor with a window needs besides its query.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/json/json.h"
#include "crds/pipeline.h"

namespace tidegate::crds {

// Checks the window of each processor: event time on its topic and on those that stages before it read from outside, a
// key that keeps each group in one partition, retention that outlasts the window. Fails with reason InvalidSpec, or
// KeyMismatch when groups could lie in several partitions. Pure.
Result<void> check_windows(const PipelineSpec& spec);

// As workers read them, times in milliseconds: {"tumbling": {"size": 60000}} (worker/window/window.h) and
// {"field": "ts", "maxOutOfOrder": 10000, "maxAhead": 3600000}, with "written" of a topic that processors write: how
// far such a one is, they say and not its records.
Json to_json(const Window& window);
Json to_json(const EventTime& time, bool written = false);

// The processors that write the topic.
std::vector<const Processor*> writers(const PipelineSpec& spec, const std::string& topic);

// Whether the processor has to know how far its partitions are in event time: it has a window, or stands before one.
bool follows_event_time(const PipelineSpec& spec, const Processor& processor);

// What the records of the topic are keyed by; empty where that is not known.
std::vector<std::string> topic_key(const PipelineSpec& spec, const Topic& topic);

// What its topic must be keyed by instead, so that each group of the processor's windows lies in one partition: its own
// key; nothing, that is one partition, for a global window. nullopt: the topic does.
std::optional<std::vector<std::string>> rekeyed_by(const PipelineSpec& spec, const Processor& processor);

// The fields that every group of the query of a processor with a window must contain: the key of its topic; none of a
// topic with one partition, except for sessions.
std::vector<std::string> grouping_key(const PipelineSpec& spec, const Processor& processor);

// The members that a question about the processor's query has besides topic, fields and query: `window`, `eventTime`
// and `inputKey`; none without a window. Precondition: check_windows(spec) succeeded.
Json window_request(const PipelineSpec& spec, const Processor& processor);

}  // namespace tidegate::crds
