// Hands the outcome of one batch over to the producer, as fast as its queue takes it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "kafka/producer.h"
#include "worker/stage/settings.h"
#include "worker/stage/step.h"

namespace tidegate::stage {

// Keyed rows go to the partition of their key, rows of a stage without key to the partition of the input's number
// (modulo), rows with a null key anywhere. Records that are forwarded go to the partition of their key, those without
// one to that of the input's number. Dead letters are taken from `records`, which must live until advance() is
// finished; the rows' memory is kept until they are acknowledged.
class Handover {
 public:
  // `output_partitions` is 0 for a stage without an output topic.
  Handover(const Settings& settings, StepOutput output, int input_partition, int output_partitions,
           std::span<const kafka::Record> records);

  // Continues; true when everything is in the producer's queue (the deliveries are sealed then), false when that is
  // full. Fails when the producer refuses a record for another cause.
  Result<bool> advance(kafka::Producer& producer, WallTime now);
  // No more will follow.
  void abandon();

  // Of the rows.
  const std::shared_ptr<kafka::Delivery>& delivery() const { return delivery_; }
  // Of the dead letters that came from an input partition; null when there are none.
  std::shared_ptr<kafka::Delivery> dead_letters(int partition) const;
  const std::vector<Rejection>& rejections() const { return output_.rejections; }
  const StepCounts& counts() const { return output_.counts; }
  std::size_t rebuilt() const { return output_.rebuilt; }
  const std::optional<window::Progress>& windows() const { return output_.windows; }

 private:
  struct Run {
    int partition;
    std::size_t begin;
    std::size_t end;
  };
  void sort_by_key(int output_partitions);
  Result<bool> forward(kafka::Producer& producer);

  const Settings& settings_;
  int output_partitions_;
  StepOutput output_;
  std::span<const kafka::Record> records_;
  std::size_t rows_;
  std::vector<Run> runs_;  // rows that go to one partition stand together
  std::size_t run_ = 0;
  std::size_t forwarded_ = 0;
  std::size_t rejection_ = 0;
  std::shared_ptr<kafka::Delivery> delivery_;
  std::vector<std::pair<int, std::shared_ptr<kafka::Delivery>>> dead_letters_;  // by partition, in their order
  bool sealed_ = false;
};

}  // namespace tidegate::stage
