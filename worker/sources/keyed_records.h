// Records on their way into a topic: checked as the stages that read it would, keyed, and sorted by partition.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "kafka/producer.h"
#include "worker/codec/key.h"
#include "worker/codec/row_reader.h"
#include "worker/codec/schema.h"

namespace tidegate::sources {

// One thread uses it. begin(), then add() each record, then by_partition().
class KeyedRecords {
 public:
  // Fails with InvalidKey.
  static Result<KeyedRecords> of(const codec::Schema& schema, const std::vector<std::string>& key);

  // Forgets what was added. Keys are put into `keys`, which is to be kept, as the records' texts are, until Kafka has
  // acknowledged them.
  void begin(std::string& keys);
  // Takes a record if a stage would: forwarded byte for byte. Fails with RecordReader's reasons.
  Result<void> add(std::string_view record);
  // Takes the record that was added last away again.
  void drop_last() { added_.pop_back(); }
  std::size_t size() const { return added_.size(); }
  // Bytes of the last key; nothing: it is null.
  std::optional<std::size_t> last_key_size() const { return added_.back().key_size; }
  const std::string& summary() const { return rows_.summary(); }  // as RecordReader's

  // What was added, number n + 1 for partition n; number 0 for records with a null key: the client picks any partition.
  std::span<const std::vector<kafka::OutRecord>> by_partition(int partitions);

 private:
  struct Added {
    std::string_view text;
    std::size_t key_begin;
    std::optional<std::size_t> key_size;
  };
  KeyedRecords(const codec::Schema& schema, codec::KeyEncoder encoder) : rows_(schema), encoder_(std::move(encoder)) {}

  codec::RowReader rows_;
  codec::KeyEncoder encoder_;
  std::string* keys_ = nullptr;
  std::vector<Added> added_;
  std::vector<std::vector<kafka::OutRecord>> by_partition_;
};

}  // namespace tidegate::sources
