// What a record of Kafka brings for the fields that come from beside its value.
#pragma once

#include <span>
#include <vector>

#include "kafka/record.h"
#include "worker/codec/metadata.h"
#include "worker/codec/schema.h"

namespace tidegate::codec {

// Of headers of one name the last counts, as for Kafka's own lastHeader(). Views into the record's memory.
Metadata metadata_of(const kafka::Record& record, const Schema& schema);

// One for each record, or none when no field of the schema needs it.
std::vector<Metadata> metadata_of(std::span<const kafka::Record> records, const Schema& schema);

}  // namespace tidegate::codec
