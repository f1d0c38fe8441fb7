// Kafka's default partitioning of keyed records, as Java's clients and Flink do it.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidegate::kafka {

// The murmur2 variant of org.apache.kafka.common.utils.Utils.murmur2 (seed 0x9747b28c).
std::uint32_t murmur2(std::string_view bytes);

// toPositive(murmur2(key)) % partitions, the partition of a record with this key. partitions > 0.
int partition_of_key(std::string_view key, int partitions);

}  // namespace tidegate::kafka
