#include "kafka/transaction_offsets.h"

#include <cstdlib>
#include <cstring>

namespace tidegate::kafka {

PartitionList offsets_of(const std::string& topic, std::span<const Commit> offsets) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const Commit& commit : offsets) {
    rd_kafka_topic_partition_t* entry = rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), commit.partition);
    entry->offset = commit.offset;
    entry->metadata = std::malloc(commit.metadata.size());  // the list frees it
    entry->metadata_size = commit.metadata.size();
    std::memcpy(entry->metadata, commit.metadata.data(), commit.metadata.size());
  }
  return list;
}

}  // namespace tidegate::kafka
