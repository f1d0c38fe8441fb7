// Writes records to a topic of another Kafka cluster (docs/connectors.md, "Kafka sink").
#pragma once

#include <memory>

#include "common/base/result.h"
#include "worker/sinks/sink.h"
#include "worker/stage/settings.h"

namespace tidegate::sinks {

// At least once, in order within a key. Nothing is under way any more when write() returns: what was not acknowledged
// is taken back as far as it was not sent, and what was acknowledged is not written again when a later record of the
// same batch fails. `file:` properties are read again on every open().
std::unique_ptr<Sink> make_kafka_sink(const stage::OtherKafka& target);

}  // namespace tidegate::sinks
