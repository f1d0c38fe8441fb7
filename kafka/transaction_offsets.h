// Shared by the files of this folder only: offsets to be committed, in the library's form.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "kafka/client.h"
#include "kafka/consumer.h"

namespace tidegate::kafka {

using GroupMetadata =
    std::unique_ptr<rd_kafka_consumer_group_metadata_t, Destroy<rd_kafka_consumer_group_metadata_destroy>>;

// What a consumer gives to a transaction.
struct TransactionOffsets {
  PartitionList list;
  GroupMetadata group;

  // Of the group; -1 of one that nobody joins.
  int generation() const { return rd_kafka_consumer_group_metadata_generation_id(group.get()); }
};

PartitionList offsets_of(const std::string& topic, std::span<const Commit> offsets);

}  // namespace tidegate::kafka
