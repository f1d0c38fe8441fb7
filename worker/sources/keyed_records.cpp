#include "worker/sources/keyed_records.h"

#include "kafka/murmur2.h"

namespace tidegate::sources {

Result<KeyedRecords> KeyedRecords::of(const codec::Schema& schema, const std::vector<std::string>& key) {
  auto encoder = codec::KeyEncoder::of(schema, key);
  if (!encoder) return std::move(encoder).error();
  return KeyedRecords(schema, *std::move(encoder));
}

void KeyedRecords::begin(std::string& keys) {
  keys_ = &keys;
  added_.clear();
}

Result<void> KeyedRecords::add(std::string_view record) {
  if (auto read = rows_.read(record); !read) return read;
  const std::size_t begin = keys_->size();
  const bool keyed = encoder_.append(rows_.columns(), 0, *keys_);
  added_.push_back({record, begin, keyed ? std::optional(keys_->size() - begin) : std::nullopt});
  return {};
}

std::span<const std::vector<kafka::OutRecord>> KeyedRecords::by_partition(int partitions) {
  // Only now do the key bytes stay where they are.
  by_partition_.resize(static_cast<std::size_t>(partitions) + 1);
  for (auto& records : by_partition_) records.clear();
  for (const Added& record : added_) {
    std::optional<std::string_view> key;
    if (record.key_size) key = std::string_view(*keys_).substr(record.key_begin, *record.key_size);
    const int partition = key ? kafka::partition_of_key(*key, partitions) : -1;
    by_partition_[static_cast<std::size_t>(partition + 1)].push_back({key, record.text});
  }
  return by_partition_;
}

}  // namespace tidegate::sources
