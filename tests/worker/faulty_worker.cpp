// A worker with the mistakes that it is told to make, for tests of what must find them; it is in no image.
// usage: tidegate-faulty-worker run --config FILE, as tidegate-worker
// A record that holds the text drop-this-record is gone between the consumer and the engine or the sink, a row that
// holds drop-this-row between the engine and the producer. TIDEGATE_TEST_FAULT is one of
//   commit-before-produce   rows are written one batch later than their records are committed
//   offset-off-by-one       a transaction commits one record less than it has rows of
//   offsets-left-out        a transaction commits rows alone
//   die-giving-up           it is gone in the moment in which it has to give partitions up
//   no-abort-on-revoke      a transaction is committed though its partitions belong to another worker by now
// At SIGUSR1 it stops, as by SIGSTOP, with the next transaction whose rows are written and whose offsets are not.
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "common/base/log.h"
#include "worker/run_stage.h"

using namespace tidegate;

namespace {

std::atomic<bool> stop_before_offsets{false};

bool fault(std::string_view name) {
  const char* wanted = std::getenv("TIDEGATE_TEST_FAULT");
  return wanted != nullptr && wanted == name;
}

bool holds(const std::optional<std::string_view>& bytes, std::string_view text) {
  return bytes && bytes->find(text) != std::string_view::npos;
}

class FaultyStep final : public stage::Step {
 public:
  explicit FaultyStep(std::unique_ptr<stage::Step> step) : step_(std::move(step)) {}

  Result<void> open() override { return step_->open(); }
  Result<void> keep_up() override { return step_->keep_up(); }
  bool mixes_partitions() const override { return step_->mixes_partitions(); }
  bool keeps_state() const override { return step_->keeps_state(); }
  void assigned(const kafka::StartPosition& start) override { step_->assigned(start); }
  void revoked(int partition) override { step_->revoked(partition); }

  Result<stage::StepOutput> run(std::span<const kafka::Record> records) override {
    std::vector<kafka::Record> kept;
    std::vector<std::size_t> indexes;
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (holds(records[i].value, "drop-this-record")) continue;
      kept.push_back(records[i]);
      indexes.push_back(i);
    }
    auto output = step_->run(kept);
    if (!output) return output;
    for (stage::Rejection& rejection : output->rejections) rejection.index = indexes[rejection.index];
    std::erase_if(output->rows, [](const kafka::OutRecord& row) { return holds(row.value, "drop-this-row"); });
    if (fault("commit-before-produce")) {
      std::swap(output->rows, late_.rows);
      std::swap(output->memory, late_.memory);
    }
    return output;
  }

 private:
  stage::StepOutput late_;
  std::unique_ptr<stage::Step> step_;
};

}  // namespace

// The linker puts this between the worker and the library (--wrap).
extern "C" {
rd_kafka_error_t* __real_rd_kafka_send_offsets_to_transaction(rd_kafka_t*, const rd_kafka_topic_partition_list_t*,
                                                              const rd_kafka_consumer_group_metadata_t*, int);
rd_kafka_error_t* __wrap_rd_kafka_send_offsets_to_transaction(rd_kafka_t* client,
                                                              const rd_kafka_topic_partition_list_t* offsets,
                                                              const rd_kafka_consumer_group_metadata_t* group,
                                                              int timeout_ms) {
  if (stop_before_offsets.exchange(false)) std::raise(SIGSTOP);
  if (fault("offsets-left-out")) return nullptr;
  if (fault("offset-off-by-one")) {
    for (int i = 0; i < offsets->cnt; ++i)
      offsets->elems[i].offset = std::max<std::int64_t>(0, offsets->elems[i].offset - 1);
  }
  if (fault("no-abort-on-revoke")) {  // without the generation, by which the broker would see it
    const std::unique_ptr<rd_kafka_consumer_group_metadata_t, decltype(&rd_kafka_consumer_group_metadata_destroy)>
        anonymous(rd_kafka_consumer_group_metadata_new(rd_kafka_consumer_group_metadata_group_id(group)),
                  rd_kafka_consumer_group_metadata_destroy);
    return __real_rd_kafka_send_offsets_to_transaction(client, offsets, anonymous.get(), timeout_ms);
  }
  return __real_rd_kafka_send_offsets_to_transaction(client, offsets, group, timeout_ms);
}
rd_kafka_error_t* __real_rd_kafka_incremental_unassign(rd_kafka_t*, const rd_kafka_topic_partition_list_t*);
rd_kafka_error_t* __wrap_rd_kafka_incremental_unassign(rd_kafka_t* client,
                                                       const rd_kafka_topic_partition_list_t* partitions) {
  if (fault("die-giving-up")) std::raise(SIGKILL);
  return __real_rd_kafka_incremental_unassign(client, partitions);
}
rd_kafka_error_t* __real_rd_kafka_abort_transaction(rd_kafka_t*, int);
rd_kafka_error_t* __wrap_rd_kafka_abort_transaction(rd_kafka_t* client, int timeout_ms) {
  if (fault("no-abort-on-revoke")) return rd_kafka_commit_transaction(client, timeout_ms);
  return __real_rd_kafka_abort_transaction(client, timeout_ms);
}
}

int main(int argc, char** argv) {
  std::signal(SIGUSR1, [](int) { stop_before_offsets = true; });
  if (argc == 4 && std::string_view(argv[1]) == "run" && std::string_view(argv[2]) == "--config") {
    return run_stage(argv[3], [](auto step) { return std::make_unique<FaultyStep>(std::move(step)); });
  }
  std::fputs("usage: tidegate-faulty-worker run --config FILE\n", stderr);
  return 2;
}
