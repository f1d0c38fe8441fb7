#include "worker/stage/handover.h"

#include <algorithm>

#include "kafka/murmur2.h"

namespace tidegate::stage {

Handover::Handover(const Settings& settings, StepOutput output, int input_partition, int output_partitions,
                   std::span<const kafka::Record> records)
    : settings_(settings),
      output_partitions_(output_partitions),
      output_(std::move(output)),
      records_(records),
      rows_(output_.rows.size()) {
  // The rows' memory lives as long as the delivery, which outlives the rows' last acknowledgement.
  delivery_ = kafka::Delivery::create([memory = output_.memory](const kafka::Delivery&) {});
  if (output_.rows.empty()) return;
  if (settings.output_key.empty()) {
    runs_.push_back({input_partition % output_partitions, 0, rows_});
  } else {
    sort_by_key(output_partitions);
  }
}

// A counting sort: rows of one key keep their order.
void Handover::sort_by_key(int output_partitions) {
  const auto buckets = static_cast<std::size_t>(output_partitions) + 1;  // the last one: null keys
  std::vector<std::size_t> bucket_of;
  bucket_of.reserve(rows_);
  std::vector<std::size_t> ends(buckets, 0);
  for (const kafka::OutRecord& row : output_.rows) {
    const std::size_t bucket =
        row.key ? static_cast<std::size_t>(kafka::partition_of_key(*row.key, output_partitions)) : buckets - 1;
    bucket_of.push_back(bucket);
    ++ends[bucket];
  }
  std::size_t begin = 0;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    const std::size_t end = begin + ends[bucket];
    if (end > begin) runs_.push_back({bucket == buckets - 1 ? -1 : static_cast<int>(bucket), begin, end});
    ends[bucket] = begin;
    begin = end;
  }
  std::vector<kafka::OutRecord> sorted(rows_);
  for (std::size_t i = 0; i < rows_; ++i) sorted[ends[bucket_of[i]]++] = output_.rows[i];
  output_.rows = std::move(sorted);
}

Result<bool> Handover::advance(kafka::Producer& producer, WallTime now) {
  while (run_ < runs_.size()) {
    Run& run = runs_[run_];
    const std::span<const kafka::OutRecord> rows(output_.rows.data() + run.begin, run.end - run.begin);
    auto taken = producer.produce(settings_.output_topic, run.partition, rows, delivery_, false);
    if (!taken) return std::move(taken).error();
    run.begin += *taken;
    if (run.begin < run.end) return false;
    ++run_;
  }
  if (output_.forward) {
    if (auto all = forward(producer); !all || !*all) return all;
  }
  for (; rejection_ < output_.rejections.size(); ++rejection_) {
    const Rejection& rejection = output_.rejections[rejection_];
    const kafka::Record& record = records_[rejection.index];
    if (dead_letters_.empty() || dead_letters_.back().first != record.partition) {
      dead_letters_.emplace_back(record.partition, kafka::Delivery::create());
    }
    const auto headers = dead_letter_headers(settings_, record, rejection, now);
    auto taken = producer.produce_with_headers(settings_.dead_letter_topic, -1, {record.key, record.value}, headers,
                                               dead_letters_.back().second);
    if (!taken) return std::move(taken).error();
    if (*taken == 0) return false;
  }
  abandon();
  return true;
}

Result<bool> Handover::forward(kafka::Producer& producer) {
  const auto rejected = [this](std::size_t index) {
    return std::any_of(output_.rejections.begin(), output_.rejections.end(),
                       [index](const Rejection& rejection) { return rejection.index == index; });
  };
  for (; forwarded_ < records_.size(); ++forwarded_) {
    if (rejected(forwarded_)) continue;
    const kafka::Record& record = records_[forwarded_];
    const int partition =
        record.key ? kafka::partition_of_key(*record.key, output_partitions_) : record.partition % output_partitions_;
    auto taken = producer.produce_with_headers(settings_.output_topic, partition, {record.key, record.value},
                                               kafka::headers(record), delivery_, record.timestamp_ms);
    if (!taken) return std::move(taken).error();
    if (*taken == 0) return false;
  }
  return true;
}

void Handover::abandon() {
  if (std::exchange(sealed_, true)) return;
  delivery_->seal();
  for (const auto& entry : dead_letters_) entry.second->seal();
}

std::shared_ptr<kafka::Delivery> Handover::dead_letters(int partition) const {
  for (const auto& [number, delivery] : dead_letters_) {
    if (number == partition) return delivery;
  }
  return nullptr;
}

}  // namespace tidegate::stage
